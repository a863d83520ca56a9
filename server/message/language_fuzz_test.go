package message_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/message"
)

// FuzzParseAcceptLanguage holds that every header gives one of our languages, the same one with spaces around it.
func FuzzParseAcceptLanguage(f *testing.F) {
	for _, header := range []string{"", "vi", "en;q=0.5, vi;q=0.4", "EN-gb", "*", "en;q=", "en;q=1e9", ";;,,", "vi;q=0", "en;q=NaN"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := message.ParseAcceptLanguage(header)
		if got != message.Vietnamese && got != message.English {
			t.Fatalf("ParseAcceptLanguage(%q) = %v", header, got)
		}
		if again := message.ParseAcceptLanguage(" " + header + " "); again != got && strings.TrimSpace(header) == header {
			t.Fatalf("ParseAcceptLanguage(%q) = %v, and %v with spaces", header, got, again)
		}
	})
}
