//go:build unix

package doors

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// remember keeps etags and page tokens for later requests.
func (p *pool) remember(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Name() == "etag":
			p.etags = append(p.etags, v.String())
			if name := m.Descriptor().Fields().ByName("name"); name != nil {
				p.latest[m.Get(name).String()] = v.String()
			}
		case f.Name() == "next_page_token":
			p.pages = append(p.pages, v.String())
		case f.Message() != nil && !f.IsMap() && f.IsList():
			for i := range min(3, v.List().Len()) {
				p.remember(v.List().Get(i).Message())
			}
		case f.Message() != nil && !f.IsMap():
			p.remember(v.Message())
		}
		return true
	})
}

// today is how near to now an instant is one of the store's own.
const today = time.Hour

// settle takes away what two stores that did the same say differently: instants of today, the hashes over them, and the
// state of their machine.
func settle(m protoreflect.Message) {
	switch m.Descriptor().Name() {
	case "SignedHead", "Status":
		stamp := m.Descriptor().Fields().ByName("stamp")
		m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			if f != stamp {
				m.Clear(f)
			}
			return true
		})
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Name() == "entry_hash":
			m.Clear(f)
		case f.IsMap() || f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				settle(v.List().Get(i).Message())
			}
		default:
			if t, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
				if time.Since(t.AsTime()).Abs() < today {
					m.Clear(f)
				}
				return true
			}
			settle(v.Message())
		}
		return true
	})
}

// compareJournals holds the entries of two journals against each other; gives how many.
func compareJournals(ctx context.Context, dirs [2]string) (int, error) {
	var entries [2][]entry.Entry
	for i, dir := range dirs {
		log, err := filejournal.OpenReadOnly(ctx, filejournal.Config{Dir: filepath.Join(dir, "journal")})
		if err != nil {
			return 0, err
		}
		err = log.Read(ctx, 0, func(stored journal.Entry) error {
			e, err := entry.Decode(stored.Public, stored.Private)
			entries[i] = append(entries[i], e)
			return err
		})
		if closed := log.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return 0, err
		}
	}
	left, right := entries[0], entries[1]
	if len(left) != len(right) {
		return 0, check.Broken("the journal behind gRPC has %d entries, that behind JSON %d", len(left), len(right))
	}
	for i := range left {
		left[i].Header.Time, right[i].Header.Time = time.Time{}, time.Time{}
		if !reflect.DeepEqual(left[i], right[i]) {
			return i, check.Broken("the entry %d behind gRPC is %s, that behind JSON %s", i+1, told(left[i]), told(right[i]))
		}
	}
	return len(left), nil
}

func told(e entry.Entry) string {
	const most = 600
	return fmt.Sprintf("%.*s", most, fmt.Sprintf("%+v", e))
}
