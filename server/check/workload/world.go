//go:build unix

package workload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check/daemon"
)

// World is a province, the people who work for it, and the record of what they sent. Its methods may be called by many
// goroutines at once, but for Connect and Close.
type World struct {
	shape   Shape
	journal string
	// founded is the last sequence of the founding, and notes are the changes up to it.
	founded int64
	notes   []Change
	// also are kinds of changes that the check makes itself.
	also []reportingv1.ChangeKind
	// untold are sequences of entries that the check made and that nobody here is told of.
	untold []int64

	admin, approver, viewer person
	// reporters are those of the first communes; for the others the administrator sends.
	reporters []person
	web       *http.Client
	http      string
	// gone is closed when the server's process has ended.
	gone <-chan struct{}

	// reforming is held by whoever changes the tree.
	reforming *sync.Mutex
	*history
}

// person is somebody with a token.
type person struct {
	principal string
	secret    client.Secret
	client    *client.Client
}

const (
	// callWithin binds one call. A server that lets somebody hang longer is found by it.
	callWithin = 20 * time.Second
	// mostReporters is how many communes have a token of their own.
	mostReporters = 16
)

// dial gives a client that tries everything once.
func dial(ctx context.Context, d *daemon.Daemon, secret client.Secret) (*client.Client, error) {
	return client.Dial(ctx, client.Config{Address: d.GRPC, Token: secret, Language: "en", Attempts: 1, Timeout: callWithin})
}

// Found makes a province on a server whose store is new, with the token of its administrator.
func Found(ctx context.Context, d *daemon.Daemon, admin string, shape Shape) (*World, error) {
	w := &World{shape: shape.withDefaults(), admin: person{secret: client.Secret(admin)}}
	w.history, w.reforming = newHistory(), &sync.Mutex{}
	if err := w.found(ctx, d); err != nil {
		return nil, errors.Join(fmt.Errorf("found the province: %w", err), w.Close())
	}
	return w, nil
}

func (w *World) found(ctx context.Context, d *daemon.Daemon) (err error) {
	if w.admin.client, err = dial(ctx, d, w.admin.secret); err != nil {
		return err
	}
	me, err := w.admin.client.GetCaller(ctx)
	if err != nil {
		return err
	}
	w.admin.principal = principalOf(me)
	if err := importCatalogue(ctx, w.admin.client, w.shape); err != nil {
		return err
	}
	if w.approver, err = w.issue(ctx, reportingv1.Role_ROLE_APPROVER, ""); err != nil {
		return err
	}
	if w.viewer, err = w.issue(ctx, reportingv1.Role_ROLE_VIEWER, ""); err != nil {
		return err
	}
	for n := range min(w.shape.Communes, mostReporters) {
		reporter, err := w.issue(ctx, reportingv1.Role_ROLE_REPORTER, commune(n))
		if err != nil {
			return err
		}
		w.reporters = append(w.reporters, reporter)
	}
	if err := w.Connect(ctx, d); err != nil {
		return err
	}
	status, err := w.viewer.client.GetStatus(ctx)
	if err != nil {
		return err
	}
	w.founded, w.journal = status.GetEntries(), status.GetStamp().GetJournalId()
	w.notes, err = w.readChanges(ctx)
	return err
}

func principalOf(t *reportingv1.Token) string { return t.GetName()[len("tokens/"):] }

func (w *World) issue(ctx context.Context, role reportingv1.Role, unit string) (person, error) {
	t, err := w.admin.client.CreateToken(ctx, &reportingv1.CreateTokenRequest{Role: role, Unit: unit, DisplayName: role.String()})
	if err != nil {
		return person{}, err
	}
	return person{principal: principalOf(t.GetToken()), secret: client.Secret(t.GetSecret())}, nil
}

// everybody are all people, to be changed in place.
func (w *World) everybody() []*person {
	all := []*person{&w.admin, &w.approver, &w.viewer}
	for i := range w.reporters {
		all = append(all, &w.reporters[i])
	}
	return all
}

// Connect turns to a server that was started on the same store, or on a copy of it.
func (w *World) Connect(ctx context.Context, d *daemon.Daemon) error {
	if err := w.Close(); err != nil {
		return err
	}
	for _, p := range w.everybody() {
		var err error
		if p.client, err = dial(ctx, d, p.secret); err != nil {
			return err
		}
	}
	w.http, w.gone = d.HTTP, d.Done()
	w.web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: callWithin}
	return nil
}

// Close ends the connections; the record stays.
func (w *World) Close() error {
	var errs []error
	for _, p := range w.everybody() {
		if p.client != nil {
			errs = append(errs, p.client.Close())
			p.client = nil
		}
	}
	if w.web != nil {
		w.web.CloseIdleConnections()
	}
	return errors.Join(errs...)
}

// Admin is the client of the administrator as it is connected now, for what only a check wants to ask.
func (w *World) Admin() *client.Client { return w.admin.client }

// AdminSecret is the administrator's token.
func (w *World) AdminSecret() string { return w.admin.secret.Reveal() }

// Viewer is the client of somebody who may read everything.
func (w *World) Viewer() *client.Client { return w.viewer.client }

// JournalID is the id of the journal that the world was founded on.
func (w *World) JournalID() string { return w.journal }

// Reports are all reports that there can be before the tree changes, by months and then communes.
func (w *World) Reports() []Report {
	return w.shape.reports(0)
}

// reports are those of all communes that there are after so many changes of the tree.
func (s Shape) reports(reforms int) []Report {
	communes := s.land(reforms).communes
	reports := make([]Report, 0, s.Months*len(communes))
	for m := range s.Months {
		for _, u := range communes {
			reports = append(reports, Report{commune: u.number, month: m})
		}
	}
	return reports
}

// Report is one commune's figures of one month.
type Report struct{ commune, month int }

// ReportAt gives the report of a commune and a month, both counted from 0.
func ReportAt(commune, month int) Report { return Report{commune: commune, month: month} }

// Name is its resource name.
func (r Report) Name() string {
	return "units/" + commune(r.commune) + "/reports/thang~" + month(r.month)
}

// Commune is the id of its commune.
func (r Report) Commune() string { return commune(r.commune) }

// String is its name.
func (r Report) String() string { return r.Name() }

// reporter is who sends the reports of a commune, and whether he is a reporter or the administrator on its behalf.
func (w *World) reporter(r Report) *person {
	if r.commune < len(w.reporters) {
		return &w.reporters[r.commune]
	}
	return &w.admin
}
