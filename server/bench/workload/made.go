package workload

// asked is how many communes a question names at most.
const askedCommunes = 500

// Made are the questions whose answers are not kept and are made when they are asked, over so many loaded months, each
// behind one that has as many rows and is asked of now and of the tree of its own period. Restated are the provinces, the
// country and communes on the tree of after the change, as of an entry a province in all indicators and all provinces in
// one; those have no columns, so neither has what they stand beside. Before gives the sequence of the entry.
func (w Shape) Made(months int, before uint64) []Question {
	all := make([]string, len(w.Indicators))
	for i := range all {
		all[i] = string(w.Indicators[i].Code)
	}
	newest := []string{Month(months - 1).String()}
	series := []string{Month(0).String() + ".." + newest[0]}
	joined := (w.Provinces + joinedProvinces - 1) / joinedProvinces
	provinces := w.FirstProvinces()
	var communes, reformed, reformedCommunes []string
	for n := range joined {
		reformed = append(reformed, reformedID(w.ReformedProvince(n*joinedProvinces)))
	}
	for n, known := 0, map[string]bool{}; n < w.Communes && len(communes) < askedCommunes; n++ {
		if code := w.ReformedCommune(n); !known[code] {
			known[code] = true
			communes, reformedCommunes = append(communes, first(w.Commune(n))), append(reformedCommunes, reformedID(code))
		}
	}
	var list []Question
	ask := func(name string, units, plain, indicators, periods []string, span int, how func(*Question)) {
		q := Question{Name: name + "-now", Units: plain, Indicators: indicators, Periods: periods, Rollups: len(units) * len(indicators) * span}
		now := q
		q.Name, q.Units = name, units
		how(&q)
		now.Rowwise = q.Rowwise
		list = append(list, now, q)
	}
	later := func(q *Question) { q.Tree = ReformDay() }
	earlier := func(q *Question) { q.Sequence, q.Rowwise = before, true }
	ask("R1", reformed, provinces[:joined], all, newest, 1, later)
	ask("R2", []string{Country}, []string{Country}, all[:1], series, months, later)
	ask("R3", reformedCommunes, communes, all[:1], newest, 1, later)
	ask("A1", provinces[:1], provinces[:1], all, newest, 1, earlier)
	ask("A2", provinces, provinces, all[:1], newest, 1, earlier)
	return list
}

// FirstProvinces are the ids of the provinces before the change.
func (w Shape) FirstProvinces() []string {
	var ids []string
	for n := range w.Provinces {
		ids = append(ids, first(w.Province(n)))
	}
	return ids
}

// first is the id of a unit that stood from the beginning: after the change its code means nobody.
func first(code string) string { return code + "-0" }
