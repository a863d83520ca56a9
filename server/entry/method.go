package entry

import journalv1 "github.com/tonghop/tonghop/gen/journal/v1"

// methodNames are the methods that the journal holds by number: those that are called for every report. The others go by
// their names, as all did at first.
var methodNames = [...]string{
	journalv1.KnownMethod_KNOWN_METHOD_SUBMIT_REPORT:        "ReportService.SubmitReport",
	journalv1.KnownMethod_KNOWN_METHOD_BATCH_SUBMIT_REPORTS: "ReportService.BatchSubmitReports",
	journalv1.KnownMethod_KNOWN_METHOD_STREAM_REPORTS:       "ReportService.StreamReports",
	journalv1.KnownMethod_KNOWN_METHOD_APPROVE_REPORT:       "ReportService.ApproveReport",
	journalv1.KnownMethod_KNOWN_METHOD_RETURN_REPORT:        "ReportService.ReturnReport",
}

// putMethod writes a method by its number, or by its name where it has none.
func putMethod(m *journalv1.Header, method string) {
	for number, name := range methodNames {
		if name == method {
			m.KnownMethod = journalv1.KnownMethod(number) //nolint:gosec // a handful; the empty name has 0
			return
		}
	}
	m.Method = method
}

// methodOf reads what putMethod wrote, or the name of a method that has got a number since.
func methodOf(m *journalv1.Header) (string, error) {
	number := m.GetKnownMethod()
	switch {
	case number == journalv1.KnownMethod_KNOWN_METHOD_UNSPECIFIED:
		return m.GetMethod(), nil
	case m.GetMethod() != "":
		return "", damaged("its method is said by name and by number")
	case number < 0 || int(number) >= len(methodNames):
		return "", tooNew("the method has the number %d", number)
	}
	return methodNames[number], nil
}
