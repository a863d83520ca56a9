package rpc

import (
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// selectorsOf reads an assignment. Units may be bare codes, which the use case resolves.
func selectorsOf(field string, list []*reportingv1.Selector, wrong *fault.List) []hierarchy.Selector {
	var selectors []hierarchy.Selector
	for i, m := range list {
		at := fmt.Sprintf("%s[%d].", field, i)
		selectors = append(selectors, hierarchy.Selector{
			Kind: hierarchy.Kind(m.GetKind()), Under: hierarchy.ID(m.GetUnder()), Unit: hierarchy.ID(m.GetUnit()), Except: m.GetExcept(),
			From: dayOf(at+"from", m.GetFrom(), period.Beginning, wrong), To: dayOf(at+"to", m.GetTo(), period.Forever, wrong),
		})
	}
	return selectors
}

func selectorMessages(list []hierarchy.Selector) []*reportingv1.Selector {
	var messages []*reportingv1.Selector
	for _, s := range list {
		from, to := s.Span()
		messages = append(messages, &reportingv1.Selector{
			Kind: string(s.Kind), Under: string(s.Under), Unit: string(s.Unit), Except: s.Except,
			From: from.String(), To: to.String(),
		})
	}
	return messages
}
