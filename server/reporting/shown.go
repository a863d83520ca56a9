package reporting

import (
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
)

// Figure is a figure with the name of its indicator and the scale of its numbers.
type Figure struct {
	Indicator indicator.Code
	Scale     figure.Scale
	figure.Figure
}

// Figures gives the figures of one of the report's revisions, in the order in which the indicators were accepted.
func (r Report) Figures(revision aggregator.Revision) []Figure {
	figures := make([]Figure, 0, len(revision.Figures))
	for _, f := range revision.Figures {
		shown := Figure{Indicator: r.catalogue.At(int(f.Number)), Figure: f.Figure}
		version, ok := r.catalogue.On(shown.Indicator, r.last)
		if !ok {
			version, _ = r.catalogue.Latest(shown.Indicator)
		}
		shown.Scale = version.Scale
		figures = append(figures, shown)
	}
	return figures
}

// Contribution is a contribution to a roll-up with the scale of its figure's numbers, which is that of the indicator on
// the last day of its own base period: the roll-up's may be larger (R21).
type Contribution struct {
	aggregator.Contribution
	Scale figure.Scale
}

// scaled finds the scales of contributions.
func (g granted) scaled(list []aggregator.Contribution, code indicator.Code) []Contribution {
	shown := make([]Contribution, len(list))
	for i, c := range list {
		shown[i].Contribution = c
		f, _ := g.tx.Forms().Latest(c.Key.Form)
		version, ok := g.tx.Indicators().On(code, f.Last(c.Key.Period))
		if !ok {
			version, _ = g.tx.Indicators().Latest(code)
		}
		shown[i].Scale = version.Scale
	}
	return shown
}
