package reporting

import (
	"context"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Status is how the server and its store are.
type Status struct {
	Version                           string
	Started                           time.Time
	Head                              journal.Head
	LastTime                          time.Time
	Units, Indicators, Forms, Reports int
	StoreBytes, FreeBytes             int64
	// ReadOnly tells why changes are refused; nil while they are taken.
	ReadOnly error
	// Restorations are all restores from backups, the oldest first.
	Restorations []aggregator.Restoration
	// Plaintext are the addresses that other machines reach without TLS.
	Plaintext []string
	Stamp     Stamp
}

// GetStatus says how the server is; every token may ask.
func (s *Service) GetStatus(ctx context.Context, caller auth.Caller) (Status, error) {
	status := Status{Version: s.cfg.Version, Started: s.started, Plaintext: s.cfg.Plaintext}
	err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, _ granted) (err error) {
		p := tx.Position()
		status.Head, status.LastTime, status.Stamp = p.Head, p.Time, stampOf(tx)
		status.Units, status.Indicators, status.Forms, status.Reports = tx.Counts()
		status.Restorations, err = tx.Restorations()
		return err
	})
	if err != nil {
		return Status{}, err
	}
	if s.cfg.ReadOnly != nil {
		status.ReadOnly = s.cfg.ReadOnly()
	}
	status.StoreBytes, status.FreeBytes, err = s.cfg.Disk()
	if err != nil {
		return Status{}, fault.Internal(err, "the disk did not tell how full it is")
	}
	return status, nil
}

// MayVerify asks whether the caller may have the store verified.
func (s *Service) MayVerify(ctx context.Context, caller auth.Caller) error {
	return s.read(ctx, caller, 0, func(_ *aggregator.Tx, who granted) error {
		if isLocal(who.Caller) {
			return nil
		}
		return who.needEverywhere(auth.Audit)
	})
}
