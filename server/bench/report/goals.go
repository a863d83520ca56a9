package report

import "slices"

// The contestants. Their names are those of --only.
const (
	Product       = "product"        // through gRPC, 64 in flight
	ProductOne    = "product-1"      // through gRPC, one at a time
	ProductSmall  = "product-small"  // the smaller shape, through gRPC, 64 in flight
	Alone64       = "alone-64"       // the use cases in process, 64 goroutines
	Alone256      = "alone-256"      // the same with 256
	Raw1          = "bbolt-1"        // raw bbolt, one writer
	Raw64         = "bbolt-64"       // raw bbolt, group commit, 64 goroutines
	Raw256        = "bbolt-256"      // the same with 256
	Nothing       = "grpc-nothing"   // gRPC with nothing stored
	PostgresSame  = "pg-same"        // PostgreSQL doing the same job in the submission's own transaction
	PostgresRows  = "pg-rows"        // one row a value, no roll-ups
	PostgresArray = "pg-array"       // one array a submission, no roll-ups
	PostgresMonth = "pgc-month"      // PostgreSQL behind a committer, month sums alone, same gRPC front
	PostgresFull  = "pgc-full"       // the same with request ids and longer rows
	Queries       = "queries"        // roll-ups asked through gRPC
	QueriesJSON   = "queries-json"   // as JSON
	QueriesTold   = "queries-told"   // gRPC repeating the product's answers, with nothing computed
	QueriesBusy   = "queries-busy"   // through gRPC while 32 submit
	QueriesWide   = "queries-like"   // through gRPC, the units of the smaller shape
	QueriesSmall  = "queries-small"  // the same asked of the smaller shape
	QueriesView   = "queries-view"   // PostgreSQL's materialized view, with one key
	QueriesTuned  = "queries-tuned"  // the same with an index for each question
	QueriesMade   = "queries-made"   // what is made when it is asked: on another tree, as of an earlier entry
	BulkProduct   = "bulk-product"   // loading through the stream
	BulkPostgres  = "bulk-pg"        // COPY plus primary key
	StartProduct  = "start"          // start after a clean stop
	ReplayProduct = "replay"         // the derived state made anew
	DiskProduct   = "disk-product"   // bytes on the disk
	DiskPostgres  = "disk-pg-rows"   // the same of PostgreSQL's rows
	MemoryProduct = "memory-product" // resident memory
)

// Contestants are all names that --only knows.
var Contestants = []string{
	Product, ProductOne, ProductSmall, Alone64, Alone256, Raw1, Raw64, Raw256, Nothing,
	PostgresSame, PostgresRows, PostgresArray, PostgresMonth, PostgresFull,
	Queries, QueriesTold, QueriesJSON, QueriesBusy, QueriesWide, QueriesSmall, QueriesView, QueriesTuned, QueriesMade,
	Completeness, CompletenessPostgres,
	BulkPostgres, ReplayProduct, DiskProduct, DiskPostgres,
}

// The metrics.
const (
	Rate      = "per_second"
	Done      = "done"
	P50       = "p50_ms"
	P99       = "p99_ms"
	CPU       = "cpu_us" // of this process, a submission
	Steal     = "steal"
	Others    = "others" // share of the processor that others used in the rest before
	Values    = "values_per_second"
	Seconds   = "seconds"
	Reading   = "reading_seconds" // one sequential read of the files
	Reports   = "reports_per_second"
	PerValue  = "bytes_per_value"
	Device    = "device_bytes_per_submission"
	Frame     = "journal_bytes_per_submission"
	Beyond    = "mib_beyond_empty"
	Resident  = "mib_resident"
	Anonymous = "mib_anonymous"
	Empty     = "mib_empty"
	Megabytes = "mib"
)

// Questions are the names of the queries; their metrics are QuestionP50 and QuestionP99.
var Questions = []string{"Q1", "Q2", "Q3", "Q4"}

// QuestionP50 is the metric of a question's median time in milliseconds.
func QuestionP50(question string) string { return question + "_" + P50 }

// QuestionP99 is that of the time that 99 of a hundred stay below.
func QuestionP99(question string) string { return question + "_" + P99 }

// Made are the questions whose answers are made when they are asked, each beside the one that MadeBeside names.
var Made = []struct{ Question, What string }{
	{"R1", "provinces on a later tree, all indicators, a month"},
	{"R2", "the country on a later tree, an indicator, every month"},
	{"R3", "communes on a later tree, an indicator, a month"},
	{"A1", "a province as of an earlier entry, all indicators, a month"},
	{"A2", "provinces as of an earlier entry, an indicator, a month"},
}

// MadeBeside names the question that has as many rows and is asked of now and of the tree of its own period.
func MadeBeside(question string) string { return question + "-now" }

// QuestionRows is the metric of how many roll-ups an answer has.
func QuestionRows(question string) string { return question + "_rows" }

// Goal is something that is to hold, in one of its parts.
type Goal struct {
	// Number is that of the goal; goals with several parts share it.
	Number int `json:"goal"`
	// What is said of it.
	What string `json:"what"`
	// Of is measured against To, within each round; without To it stands alone.
	Of Side `json:"of"`
	To Side `json:"to"`
	// Floor must be reached, Aim is what is wanted. AtMost: less is better. Without either it is shown and not judged.
	Floor  float64 `json:"floor"`
	Aim    float64 `json:"aim"`
	AtMost bool    `json:"at_most"`
}

// Goals are all of them. The aim of a start is one reading of the files, which is measured as well.
func Goals(b *Book) []Goal {
	rate := func(contestant string) Side { return Side{contestant, Rate} }
	goals := []Goal{
		{1, "submissions/s through gRPC ÷ PostgreSQL, same job", rate(Product), rate(PostgresSame), 10, 20, false},
		{2, "÷ PostgreSQL behind a committer, month sums", rate(Product), rate(PostgresMonth), 1, 1.5, false},
		{2, "÷ PostgreSQL behind a committer, all rows", rate(Product), rate(PostgresFull), 2, 3, false},
		{3, "÷ PostgreSQL array, no roll-ups", rate(Product), rate(PostgresArray), 1, 1.5, false},
		{3, "÷ PostgreSQL rows, no roll-ups", rate(Product), rate(PostgresRows), 4, 7, false},
		{4, "÷ gRPC with nothing stored", rate(Product), rate(Nothing), 0.35, 0.6, false},
		{5, "store alone, 64 ÷ raw bbolt", rate(Alone64), rate(Raw64), 0.35, 0.6, false},
		{5, "store alone, 256 ÷ raw bbolt", rate(Alone256), rate(Raw256), 0.15, 0.3, false},
		{6, "one client, one at a time ÷ raw bbolt, one writer", rate(ProductOne), rate(Raw1), 0.35, 0.6, false},
	}
	goals = append(append(goals, queryGoals()...), completenessGoals()...)
	reading := SpreadOf(b.Of(Side{StartProduct, Reading})).Median
	product := func(metric string) Side { return Side{DiskProduct, metric} }
	return append(
		goals,
		Goal{9, "bulk values/s ÷ COPY plus primary key", Side{BulkProduct, Values}, Side{BulkPostgres, Values}, 2, 5, false},
		Goal{10, "start to first answer, s (aim: one reading of the files)", Side{StartProduct, Seconds}, Side{}, 2, reading, true},
		Goal{11, "replay reports/s ÷ submissions/s of goal 1", Side{ReplayProduct, Reports}, rate(Product), 2, 4, false},
		Goal{12, "bytes on disk a value ÷ PostgreSQL rows", product(PerValue), Side{DiskPostgres, PerValue}, 0.2, 0.12, true},
		Goal{12, "device bytes a submission ÷ journal frame", product(Device), product(Frame), 5, 3, true},
		Goal{13, "submissions/s ÷ those of the smaller shape", rate(Product), rate(ProductSmall), 0.6, 0.9, false},
		growth("Q1"), growth("Q2"), growth("Q4"),
		busy("Q1"), busy("Q2"), busy("Q3"), busy("Q4"),
		Goal{15, "MiB resident beyond an empty server", Side{MemoryProduct, Beyond}, Side{}, 400, 150, true},
	)
}

// growth leaves Q3 out: its answer is as long in every shape, and so is asked anyway.
func growth(q string) Goal {
	return Goal{
		13, q + " p50, same rows ÷ the smaller shape", Side{QueriesWide, QuestionP50(q)}, Side{QueriesSmall, QuestionP50(q)}, 1.5, 1.2, true,
	}
}

func busy(q string) Goal {
	return Goal{14, q + " p50 while 32 submit ÷ idle", Side{QueriesBusy, QuestionP50(q)}, Side{Queries, QuestionP50(q)}, 2, 1.3, true}
}

func queryGoals() []Goal {
	var goals []Goal
	for _, q := range Questions {
		goals = append(
			goals,
			Goal{7, q + " through gRPC, p50 ÷ fresh view", Side{Queries, QuestionP50(q)}, Side{QueriesView, QuestionP50(q)}, 0.5, 0.3, true},
			Goal{7, q + " through gRPC, p99 ÷ fresh view", Side{Queries, QuestionP99(q)}, Side{QueriesView, QuestionP99(q)}, 0.5, 0.3, true},
		)
	}
	for _, q := range Questions {
		goals = append(
			goals,
			Goal{7, q + " through gRPC, p50 ÷ view with an index for it", Side{Queries, QuestionP50(q)}, Side{QueriesTuned, QuestionP50(q)}, 0, 0, true},
		)
	}
	for _, q := range Questions {
		goals = append(
			goals,
			Goal{7, "gRPC repeating " + q + ", p99 ÷ fresh view", Side{QueriesTold, QuestionP99(q)}, Side{QueriesView, QuestionP99(q)}, 0, 0, true},
		)
	}
	for _, q := range Questions {
		goals = append(
			goals,
			Goal{8, q + " as JSON, p50 ÷ fresh view", Side{QueriesJSON, QuestionP50(q)}, Side{QueriesView, QuestionP50(q)}, 1, 0.6, true},
		)
	}
	return goals
}

// Verdict is how a goal stands.
type Verdict string

// The verdicts.
const (
	MetAim      Verdict = "met aim"
	MetFloor    Verdict = "met floor"
	Missed      Verdict = "missed"
	NotMeasured Verdict = "not measured"
	NotJudged   Verdict = "not judged"
)

// Result is a goal as it was measured.
type Result struct {
	Goal
	Spread
	Verdict Verdict `json:"verdict"`
}

// Judge measures a goal by its median.
func (b *Book) Judge(g Goal) Result {
	list := b.Of(g.Of)
	if g.To != (Side{}) {
		list = b.Ratios(g.Of, g.To)
	}
	r := Result{Goal: g, Spread: SpreadOf(list)}
	reached := func(mark float64) bool {
		if g.AtMost {
			return r.Median <= mark
		}
		return r.Median >= mark
	}
	switch {
	case len(list) == 0:
		r.Verdict = NotMeasured
	case g.Floor == 0 && g.Aim == 0:
		r.Verdict = NotJudged
	case reached(g.Aim):
		r.Verdict = MetAim
	case reached(g.Floor):
		r.Verdict = MetFloor
	default:
		r.Verdict = Missed
	}
	return r
}

// Verdicts are how whole goals stand: as the worst of their parts that are judged and were measured.
func (b *Book) Verdicts() map[int]Verdict {
	worst := map[int]Verdict{}
	order := []Verdict{Missed, MetFloor, MetAim, NotMeasured}
	for _, r := range b.Results() {
		if r.Verdict == NotJudged {
			continue
		}
		if before, ok := worst[r.Number]; !ok || slices.Index(order, r.Verdict) < slices.Index(order, before) {
			worst[r.Number] = r.Verdict
		}
	}
	return worst
}

// Results judges all goals.
func (b *Book) Results() []Result {
	var results []Result
	for _, g := range Goals(b) {
		results = append(results, b.Judge(g))
	}
	return results
}
