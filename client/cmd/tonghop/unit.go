package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type unitsCmd struct {
	List unitsListCmd `cmd:"" default:"withargs" help:"List units in code order."`
	Get  unitsGetCmd  `cmd:"" help:"Show one unit."`

	Tree       unitsTreeCmd       `cmd:"" help:"Show units under each other, as of any day."`
	Search     unitsSearchCmd     `cmd:"" help:"Find units by words of their codes and names."`
	Lineage    unitsLineageCmd    `cmd:"" help:"Tell what became of a unit and what it was made of."`
	Reorganise unitsReorganiseCmd `cmd:"" help:"Change the tree in one piece: close, create, rename, move units."`
}

type unitsListCmd struct {
	Below  string   `placeholder:"U" help:"Only units below this one, itself included."`
	Kind   []string `placeholder:"K,..." help:"Only these kinds, such as commune."`
	Search string   `placeholder:"WORDS" help:"Only units whose code or name has these words; accents do not matter."`
	AsOf   string   `placeholder:"DATE" help:"Day whose tree is listed; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (unitsListCmd) Help() string {
	return `The first columns of the CSV are those of units.csv.

Examples:

    tonghop units list --below 87 --kind commune --as-of 2025-06-30
    tonghop units list --search "cao lanh"
    tonghop units list --below 87 --as-of 2025-07-01 --at 2025-03-03`
}

// Run lists units.
func (c *unitsListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListUnitsRequest{
		Below: c.Below, Kinds: c.Kind, Search: c.Search, AsOf: c.AsOf, AtSequence: sequence, AtTime: at,
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, unitSheet, to.Units(ctx, q))
	})
}

var unitSheet = sheet[*reportingv1.Unit]{
	table: []column[*reportingv1.Unit]{
		{name: "CODE", text: (*reportingv1.Unit).GetCode},
		{name: "NAME", text: (*reportingv1.Unit).GetNameVi},
		{name: "KIND", text: (*reportingv1.Unit).GetKind},
		// Names repeat, so the unit above always stands beside.
		{name: "UNDER", text: under},
		{name: "FROM", text: (*reportingv1.Unit).GetValidFrom},
		{name: "TO", text: (*reportingv1.Unit).GetValidTo},
		{name: "ID", text: (*reportingv1.Unit).GetId},
	},
	csv: []column[*reportingv1.Unit]{
		{name: "code", text: (*reportingv1.Unit).GetCode},
		{name: "kind", text: (*reportingv1.Unit).GetKind},
		{name: "name_vi", text: (*reportingv1.Unit).GetNameVi},
		{name: "name_en", text: (*reportingv1.Unit).GetNameEn},
		{name: "parent", text: (*reportingv1.Unit).GetParent},
		{name: "valid_from", text: (*reportingv1.Unit).GetValidFrom},
		{name: "valid_to", text: (*reportingv1.Unit).GetValidTo},
		{name: "id", text: (*reportingv1.Unit).GetId},
		{name: "etag", text: (*reportingv1.Unit).GetEtag},
	},
	json: messageJSON[*reportingv1.Unit],
}

// under names the unit above by kind and name; by its id alone where the server does not tell more.
func under(u *reportingv1.Unit) string {
	if len(u.GetAncestors()) == 0 {
		return u.GetParent()
	}
	return ancestor(u.GetAncestors()[0])
}

func ancestor(a *reportingv1.UnitAncestor) string {
	return a.GetCode() + " " + a.GetNameVi() + " (" + a.GetKind() + ")"
}

type unitsGetCmd struct {
	Unit string `arg:"" help:"Id or code."`
	AsOf string `placeholder:"DATE" help:"Day on which a code is understood; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (unitsGetCmd) Help() string {
	return `Examples:

    tonghop units get 87
    tonghop units get 82 --as-of 2025-06-30`
}

// Run shows one unit.
func (c *unitsGetCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		u, err := to.GetUnit(ctx, &reportingv1.GetUnitRequest{
			Name: "units/" + strings.TrimPrefix(c.Unit, "units/"), AsOf: c.AsOf, AtSequence: sequence, AtTime: at,
		})
		if err != nil {
			return err
		}
		above := make([]string, 0, len(u.GetAncestors()))
		for _, a := range u.GetAncestors() {
			above = append(above, ancestor(a))
		}
		return one(s, u, []pair{
			{"unit", u.GetName()},
			{"code", u.GetCode()},
			{"kind", u.GetKind()},
			{"name", u.GetNameVi()},
			{"name in English", u.GetNameEn()},
			{"under", first(strings.Join(above, ", "), u.GetParent())},
			{"valid from", u.GetValidFrom()},
			{"valid to", u.GetValidTo()},
			{"etag", u.GetEtag()},
			{"as of", asOfWords(u.GetStamp())},
		})
	})
}
