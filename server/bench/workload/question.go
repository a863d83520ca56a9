package workload

// Question is one of the four that are asked of roll-ups, in the words of the product and in numbers.
type Question struct {
	// Name is Q1 to Q4.
	Name string
	// Units, Indicators and Periods are what the product is asked for.
	Units, Indicators, Periods []string
	// Numbers are the units, Slots the values, First and Last the months in numbers.
	Numbers     []int32
	Slots       []int32
	First, Last int32
	// Rollups is how many must come back.
	Rollups int
	// Ranked has the answer sorted into a league table.
	Ranked bool
	// Tree is a later day on whose tree the answer is told, Sequence an entry as of which it is; empty and 0: neither.
	Tree     string
	Sequence uint64
	// Rowwise has it asked roll-up by roll-up instead of in columns.
	Rowwise bool
}

// Questions are the four, over so many loaded months: Q1 all totals of the provinces for the newest month, Q2 one indicator
// of all districts over a year, Q3 one indicator of the country over all months, Q4 a league table of the districts by a
// ratio. A country without districts is asked for its provinces instead. Like may be a smaller shape: then no more units
// are asked for than it has, and the answers have as many rows as its own.
func (w Shape) Questions(months int, like Shape) []Question {
	all := make([]string, len(w.Indicators))
	for i := range all {
		all[i] = string(w.Indicators[i].Code)
	}
	everySlot := make([]int32, Slots)
	for i := range everySlot {
		everySlot[i] = int32(i) //nolint:gosec // 54
	}
	provinces := units(min(w.Provinces, like.Provinces), w.Province, w.ProvinceNumber)
	middle := units(min(w.Districts, like.Districts), w.District, w.DistrictNumber)
	if w.Districts == 0 || like.Districts == 0 {
		middle = provinces
	}
	ratio, _ := SlotOf(Counts)
	year := min(12, months)
	country := named{codes: []string{Country}, numbers: []int32{CountryNumber}}
	ask := func(name string, units named, indicators []string, slots []int32, span int) Question {
		newest := Month(months - 1)
		last := numberOf(newest)
		periods := []string{newest.String()}
		if span > 1 {
			periods = []string{Month(months-span).String() + ".." + newest.String()}
		}
		return Question{
			Name: name, Units: units.codes, Indicators: indicators, Periods: periods, Numbers: units.numbers, Slots: slots,
			First: last - int32(span) + 1, Last: last, Rollups: len(units.codes) * len(indicators) * span, //nolint:gosec // 36
		}
	}
	league := ask("Q4", middle, all[Counts:Counts+1], []int32{int32(ratio), int32(ratio + 1)}, 1) //nolint:gosec // 54 at most
	league.Ranked = true
	return []Question{
		ask("Q1", provinces, all, everySlot, 1),
		ask("Q2", middle, all[:1], []int32{0}, year),
		ask("Q3", country, all[:1], []int32{0}, months),
		league,
	}
}

// named are units by their codes and by their numbers.
type named struct {
	codes   []string
	numbers []int32
}

func units(n int, code func(int) string, number func(int) int32) named {
	var list named
	for i := range n {
		list.codes = append(list.codes, code(i))
		list.numbers = append(list.numbers, number(i))
	}
	return list
}
