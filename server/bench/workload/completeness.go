package workload

// WhoReported asks for a cell of every commune and loaded month.
func (w Shape) WhoReported(name string, months int) Question {
	first, last := Month(0), Month(months-1)
	return Question{
		Name: name, Units: []string{Country}, Periods: []string{first.String() + ".." + last.String()},
		First: numberOf(first), Last: numberOf(last), Rollups: months * w.Communes,
	}
}
