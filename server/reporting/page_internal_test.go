package reporting

import (
	"testing"

	"github.com/tonghop/tonghop/server/fault"
)

// FuzzPageToken holds that a token that is understood says the same when it is written again, and that any other is refused
// as what it is.
func FuzzPageToken(f *testing.F) {
	f.Add("")
	f.Add((cursor{sequence: 7, filter: filterHash("units", "82"), key: "82-20250701"}).token())
	f.Add((cursor{}).token() + "=")
	f.Add("AQ\n")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := parseCursor(token)
		if err != nil {
			if fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
				t.Fatalf("parseCursor(%q) = %v", token, err)
			}
			return
		}
		again, err := parseCursor(c.token())
		if err != nil || again != c {
			t.Fatalf("%q says %+v, and written again %+v, %v", token, c, again, err)
		}
	})
}
