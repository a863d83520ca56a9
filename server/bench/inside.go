//go:build unix

package bench

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tonghop/tonghop/server/bench/front"
	"github.com/tonghop/tonghop/server/bench/postgres"
	"github.com/tonghop/tonghop/server/bench/product"
	"github.com/tonghop/tonghop/server/bench/raw"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// The kinds of processes that contestants live in.
const (
	kindRaw     = "raw"
	kindAlone   = "alone"
	kindNothing = "nothing"
	kindMonth   = "pgc-month"
	kindFull    = "pgc-full"
)

// inside are the settings of a contestant's process.
type inside struct {
	Shape  string
	Path   string // of its file or folder
	Loaded int
	Token  string
	Answer []byte
	Told   []front.Told
	// Postgres is the server of those who need it.
	Postgres postgres.Target
}

// Open opens what lives in a process of its own; turn.Become hands it over.
func Open(ctx context.Context, kind string, settings []byte) (turn.Worker, error) {
	var s inside
	if err := json.Unmarshal(settings, &s); err != nil {
		return nil, err
	}
	shape, ok := workload.Of(s.Shape)
	if !ok {
		return nil, fmt.Errorf("there is no shape %q", s.Shape)
	}
	switch kind {
	case kindRaw:
		return raw.Open(s.Path, shape, s.Loaded)
	case kindAlone:
		return product.OpenAlone(ctx, s.Path, s.Token, shape)
	case kindNothing:
		return front.Open(shape, nil, s.Answer, s.Told...)
	case kindMonth, kindFull:
		store, err := postgres.OpenCommitter(ctx, s.Postgres, shape, kind == kindFull)
		if err != nil {
			return nil, err
		}
		return front.Open(shape, store, s.Answer)
	default:
		return nil, fmt.Errorf("nothing of the kind %q lives in a process of its own", kind)
	}
}

// start starts a contestant's process, which ends with the run.
func (b *bench) start(ctx context.Context, kind string, settings inside) (*turn.Child, error) {
	settings.Shape = b.Shape.Name
	child, err := turn.Start(ctx, kind, settings, b.Profile)
	if err == nil {
		b.closing(child.Close)
	}
	return child, err
}
