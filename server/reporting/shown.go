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
