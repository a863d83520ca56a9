package report

// Those that ask who has reported, for every commune and month.
const (
	Completeness         = "completeness"    // the matrix, through gRPC
	CompletenessPostgres = "completeness-pg" // one query of PostgreSQL that its index answers alone
)

// WhoReported is the name of the question.
const WhoReported = "C1"

// completenessGoals is that of the matrix.
func completenessGoals() []Goal {
	of := func(contestant string) Side { return Side{contestant, QuestionP50(WhoReported)} }
	return []Goal{{
		16, "who has reported, all communes and months, p50 ÷ one indexed query", of(Completeness), of(CompletenessPostgres), 0.5, 0.25, true,
	}}
}
