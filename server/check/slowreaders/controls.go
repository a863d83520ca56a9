//go:build unix

package slowreaders

import (
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// noEnd needs no writers to be found.
const noEnd = "no-end"

// controls are the planted faults.
var controls = []check.Control{
	{
		Name: "sent-while-read", Fault: "Changes are sent to a follower inside the transaction in which they were read.", Size: 40,
		Edits: []plant.Edit{{
			File: "server/reporting/feed.go", Old: "return true, tell(page)",
			New: "return true, s.cfg.State.View(ctx, func(*aggregator.Tx) error { return tell(page) })",
		}},
	},
	{
		Name: "sent-while-locked", Fault: "Changes are sent to a follower under a lock that every change needs.", Size: 40,
		Edits: []plant.Edit{
			{File: "server/reporting/feed.go", Old: `"math"`, New: "\"math\"\n\t\"sync\""},
			{File: "server/reporting/feed.go", Old: "return true, tell(page)", New: "telling.RLock()\n\t\t\tdefer telling.RUnlock()\n\t\t\treturn true, tell(page)"},
			{File: "server/reporting/feed.go", Old: "func (s *Service) awaitChange(", New: "var telling sync.RWMutex\n\nfunc (s *Service) awaitChange("},
			{File: "server/reporting/change.go", Old: "	do := s.cfg.Committer.Do\n", New: "	telling.Lock()\n\ttelling.Unlock()\n\tdo := s.cfg.Committer.Do\n"},
		},
	},
	{
		Name: noEnd, Fault: "A server that is asked to end waits for everybody.", Size: 40,
		Edits: []plant.Edit{{File: "server/rpc/server.go", Old: "		s.grpc.Stop()\n", New: ""}},
	},
}
