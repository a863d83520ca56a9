package aggregator

import (
	"slices"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// desks knows which tokens ever made somebody an approver of just that unit. It may name too many, such as one of a group that
// was thrown away: whoever asks looks each up in his own transaction.
type desks struct {
	mu     sync.RWMutex
	seated map[hierarchy.ID][]string
}

// seat notes a token that is stored.
func (d *desks) seat(k *auth.Token) {
	if k.Role != auth.Approver || k.Unit == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seated == nil {
		d.seated = map[hierarchy.ID][]string{}
	}
	if !slices.Contains(d.seated[k.Unit], k.ID) {
		d.seated[k.Unit] = append(slices.Clip(d.seated[k.Unit]), k.ID) // readers keep what they got
	}
}

func (d *desks) at(unit hierarchy.ID) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.seated[unit]
}

// readDesks notes the approvers of a file that was opened.
func (t *Tx) readDesks() error {
	for after := ""; ; {
		const page = 500
		list, err := t.Tokens(after, page)
		if err != nil {
			return err
		}
		for i := range list {
			t.store.desks.seat(&list[i])
			after = list[i].ID
		}
		if len(list) < page {
			return nil
		}
	}
}

// HasApprover says whether an approver is bound to just that unit, for the form, at an instant. One of a unit above, or of all
// units, does not count, nor an administrator.
func (t *Tx) HasApprover(unit hierarchy.ID, code form.Code, now time.Time) (bool, error) {
	for _, id := range t.store.desks.at(unit) {
		k, known, err := t.Grant(id)
		if err != nil {
			return false, err
		}
		if known && k.Unit == unit && k.Role == auth.Approver && k.ActiveAt(now) && (k.Form == "" || k.Form.Same(code)) {
			return true, nil
		}
	}
	return false, nil
}
