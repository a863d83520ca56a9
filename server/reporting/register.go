package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/text"
)

// Register is a register as it is shown.
type Register struct {
	register.Register
	Etag string
}

func shownRegister(v aggregator.Versioned[register.Register]) Register {
	return Register{Register: v.Thing, Etag: strconv.FormatUint(v.Sequence, 10)}
}

// register finds a register by its code. Who may read anything may know of it; its items are shown one by one.
func (g granted) register(field, code string) (aggregator.Versioned[register.Register], error) {
	v, known, err := g.tx.Register(register.Code(code))
	if err == nil && !known {
		code = shorten(code)
		err = fault.NotFound("REGISTER_NOT_FOUND", "there is no register %q; see the list of registers for their codes", code).With("register", code).In(field)
	}
	return v, err
}

// GetRegister gives a register.
func (s *Service) GetRegister(ctx context.Context, caller auth.Caller, code string) (Register, Stamp, error) {
	var found Register
	var stamp Stamp
	err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.register("name", code)
		found = shownRegister(v)
		return err
	})
	return found, stamp, err
}

// RegisterPage is one page of registers.
type RegisterPage struct {
	Registers []Register
	Next      string
	Stamp     Stamp
}

// ListRegisters lists registers in the order of their codes.
func (s *Service) ListRegisters(ctx context.Context, caller auth.Caller, p Page) (RegisterPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return RegisterPage{}, err
	}
	var page RegisterPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = RegisterPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := p.open(tx, filterHash("registers"))
		if err != nil {
			return err
		}
		return tx.Registers(register.Code(at.key), func(v aggregator.Versioned[register.Register]) bool {
			if string(v.Thing.Code.Fold()) == at.key {
				return true
			}
			if len(page.Registers) == size {
				at.key = string(page.Registers[size-1].Code.Fold())
				page.Next = at.token()
				return false
			}
			page.Registers = append(page.Registers, shownRegister(v))
			return true
		})
	})
	return page, err
}

// CreateRegister opens a register.
func (s *Service) CreateRegister(ctx context.Context, call Call, r register.Register) (Register, Receipt, Stamp, error) {
	return s.changeRegister(ctx, call, "RegisterService.CreateRegister", r, "", func(who granted, r register.Register) error {
		v, known, err := who.tx.Register(r.Code)
		if err == nil && known {
			err = fault.Exists("REGISTER_EXISTS", "there is a register %s already: %s; update it, or give another code", v.Thing.Code, v.Thing.NameVI).
				With("register", v.Thing.Code)
		}
		return err
	})
}

// UpdateRegister describes a register anew.
func (s *Service) UpdateRegister(ctx context.Context, call Call, r register.Register, etag string) (Register, Receipt, Stamp, error) {
	return s.changeRegister(ctx, call, "RegisterService.UpdateRegister", r, etag, func(who granted, r register.Register) error {
		v, err := who.register("name", string(r.Code))
		if err != nil {
			return err
		}
		if now := shownRegister(v).Etag; etag != now {
			return etagMismatch(etag, now)
		}
		return nil
	})
}

func (s *Service) changeRegister(
	ctx context.Context, call Call, method string, r register.Register, etag string, check func(who granted, r register.Register) error,
) (Register, Receipt, Stamp, error) {
	r.Clean()
	wrote, receipt, err := change(ctx, s, mutation[register.Register]{
		call: call, method: method, hash: hashOfRegister(method, etag, &r), size: 2 << 10,
		decide: func(who granted, _ committer.Slot) (register.Register, entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return r, nil, err
			}
			if err := r.Check(); err != nil {
				return r, nil, err
			}
			if err := check(who, r); err != nil {
				return r, nil, err
			}
			if err := who.countable(&r, s.carriersOf(who.tx)); err != nil {
				return r, nil, err
			}
			if old, known, err := who.tx.Register(r.Code); err != nil || known && sameThing(old.Thing, r, entry.AppendRegister) {
				return r, nil, err
			}
			return r, entry.RegistersChanged{Registers: []register.Register{r}}, nil
		},
		recall: func(who granted, _ uint64) (register.Register, error) { return r, who.needEverywhere(auth.Catalogue) },
	})
	if err != nil {
		return Register{}, receipt, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Register{Register: wrote}, receipt, stamp, err
	}
	shown, stamp, err := s.GetRegister(ctx, call.Caller, string(r.Code))
	return shown, receipt, stamp, err
}

// countable refuses to count an indicator that has figures from elsewhere: then there would be two answers to one question.
func (g granted) countable(r *register.Register, reported carriers) error {
	var problems fault.List
	for i, c := range r.Counters {
		at := fmt.Sprintf("counters[%d]", i)
		if forms := reported[c.Indicator.Fold()]; len(forms) > 0 {
			problems.Add(fault.Precondition("INDICATOR_REPORTED", "form %s asks for indicator %s; count another indicator, or take it out of the form", forms[0].Code, c.Indicator).
				With("form", forms[0].Code).With("indicator", c.Indicator).In(at))
		}
		err := g.tx.Registers("", func(v aggregator.Versioned[register.Register]) bool {
			if v.Thing.Code.Same(r.Code) || !slices.ContainsFunc(v.Thing.Counters, func(o register.Counter) bool { return o.Indicator.Same(c.Indicator) }) {
				return true
			}
			problems.Add(fault.Precondition("INDICATOR_COUNTED", "register %s counts indicator %s already", v.Thing.Code, c.Indicator).
				With("register", v.Thing.Code).With("indicator", c.Indicator).In(at))
			return false
		})
		if err != nil {
			return err
		}
	}
	return problems.Err()
}

func hashOfRegister(method, etag string, r *register.Register) [32]byte {
	c := canon(method).text("etag", etag).text("code", string(r.Code)).text("name_vi", r.NameVI).text("name_en", r.NameEN).
		text("calendar", r.Calendar.String()).count("fields", len(r.Fields))
	for _, f := range r.Fields {
		c.text("code", string(f.Code)).text("name_vi", f.NameVI).text("name_en", f.NameEN)
	}
	c.count("counters", len(r.Counters))
	for _, counter := range r.Counters {
		c.text("indicator", string(counter.Indicator)).text("rule", counter.Rule.String())
	}
	return c.sum()
}

// ItemDraft is an item as it is sent.
type ItemDraft struct {
	register.Item
	Etag string
}

// maxItems is how many items one request may bring.
const maxItems = 1000

// PutRegisterItems adds items or replaces them, all or none.
func (s *Service) PutRegisterItems(ctx context.Context, call Call, code string, items []ItemDraft, reason string) (CatalogueChange, error) {
	const method = "RegisterService.PutRegisterItems"
	c := canon(method).text("register", code).text("reason", reason).count("items", len(items))
	for i := range items {
		d := &items[i]
		c.text("code", string(d.Code)).text("unit", string(d.Unit)).text("title", d.Title).text("key", d.Key).text("since", d.Since.String()).
			text("until", d.Until.String()).flag("withdrawn", d.Withdrawn).text("etag", d.Etag).count("values", len(d.Values))
		for _, v := range d.Values {
			c.text("field", string(v.Field)).text("text", v.Text)
		}
	}
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		call: call, method: method, hash: c.sum(), size: 256*len(items) + len(reason),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			return who.putItems(code, items, reason)
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			v, err := who.register("register", code)
			if err != nil {
				return CatalogueChange{}, err
			}
			for i := range items {
				bound := items[i].Item
				if err := who.mayPut(&bound); err != nil {
					return CatalogueChange{}, fault.Of(err).In(fmt.Sprintf("items[%d]", i))
				}
			}
			return recount(sequence, items, func(d ItemDraft) []uint64 { return who.tx.RegisterItemHistory(v.Thing.Code, d.Code) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// mayPut resolves the unit of an item on its first day, and asks whether the caller may enter something of it.
func (g granted) mayPut(i *register.Item) error {
	today := period.DayOf(g.now)
	on := i.Since
	if on == period.Beginning { // which Check tells of
		on = today
	}
	u, err := g.seen("unit", string(i.Unit), on)
	if err != nil {
		return err
	}
	i.Unit = u.ID
	if !g.may(auth.Send, auth.Scope{Unit: u.ID, On: standingOf(&u, today)}) {
		return denied(auth.Send, g.Token.Role)
	}
	if i.Since != period.Beginning && !u.ValidOn(i.Since) {
		return fault.Invalid("ITEM_BEFORE_UNIT", "item %s begins on %s, when unit %s did not stand; give the unit of that day: the item follows it from there", i.Code, i.Since, u.ID).
			With("item", i.Code).With("day", i.Since).With("unit", u.ID).In("unit")
	}
	return nil
}

// putItems decides what becomes of items.
func (g granted) putItems(code string, items []ItemDraft, reason string) (CatalogueChange, entry.Body, error) {
	var summary CatalogueChange
	v, err := g.register("register", code)
	switch {
	case err != nil:
		return summary, nil, err
	case len(items) == 0:
		return summary, nil, fault.Invalid("ITEMS_MISSING", "no item was sent; give at least one").In("items")
	case len(items) > maxItems:
		return summary, nil, fault.Invalid("LIST_TOO_LONG", "%s has %d members; at most %d are taken", "items", len(items), maxItems).
			With("count", len(items)).With("limit", maxItems).In("items")
	}
	var problems fault.List
	why, err := text.Note("reason", reason)
	problems.Add(err)
	var changed []register.Item
	places := map[register.Code]int{}
	for i := range items {
		at := fmt.Sprintf("items[%d]", i)
		if other, twice := places[items[i].Code.Fold()]; twice {
			problems.Add(fault.Invalid("ITEM_TWICE", "item %s stands in the request twice, at %d and %d; keep one", items[i].Code, other, i).
				With("item", items[i].Code).With("first", other).With("second", i).In(at))
			continue
		}
		places[items[i].Code.Fold()] = i
		one, known, same, err := g.putItem(&v.Thing, &items[i], why)
		if err != nil {
			var found *fault.Error
			if found = fault.Of(err); found.Kind == fault.KindInternal {
				return summary, nil, err
			}
			problems.Add(found.In(at))
			continue
		}
		if !summary.count(known, same) {
			changed = append(changed, one)
		}
	}
	if err := problems.Err(); err != nil || len(changed) == 0 {
		return summary, nil, err
	}
	return summary, entry.RegisterItemsChanged{Items: changed, Reason: why}, nil
}

// putItem makes of one item what is stored.
func (g granted) putItem(r *register.Register, d *ItemDraft, why string) (item register.Item, known, same bool, err error) {
	item = d.Item
	item.Values = slices.Clone(item.Values)
	item.Clean(r)
	if err := item.Check(r); err != nil {
		return item, false, false, err
	}
	if err := g.mayPut(&item); err != nil {
		return item, false, false, err
	}
	old, known, err := g.tx.RegisterItem(r.Code, item.Code)
	if err != nil {
		return item, false, false, err
	}
	etag := ""
	if known {
		was := old.Thing
		if err := g.mayPut(&was); err != nil {
			return item, false, false, err
		}
		if sameThing(old.Thing, item, entry.AppendItem) {
			return item, true, true, nil
		}
		etag = strconv.FormatUint(old.Sequence, 10)
	}
	if d.Etag != etag {
		return item, known, false, etagMismatch(d.Etag, etag)
	}
	ends := item.Until != period.Forever && (!known || old.Thing.Until != item.Until)
	if why == "" && (ends || item.Withdrawn && (!known || !old.Thing.Withdrawn)) {
		return item, known, false, fault.Invalid("REASON_REQUIRED", "say why: a reason is kept with every such act").In("reason")
	}
	return item, known, false, nil
}

// standsOn refuses a unit that does not stand on the last day of a period: its items are counted elsewhere.
func standsOn(t *hierarchy.Tree, u hierarchy.Unit, p period.Period, last period.Day) error {
	if u.ValidOn(last) {
		return nil
	}
	at, _ := register.Place(t, u.ID, last)
	return fault.Precondition("COUNTED_ELSEWHERE", "unit %s does not stand on %s, the last day of %s; its items are counted at: %s", u.ID, last, p, at).
		With("unit", u.ID).With("day", last).With("period", p).With("at", at).In("unit")
}
