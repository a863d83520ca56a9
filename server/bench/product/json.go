//go:build unix

package product

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tonghop/tonghop/server/bench/workload"
)

// overJSON asks over HTTP. The answer is read whole and its values are counted, but it is not decoded: neither are the rows
// of PostgreSQL.
type overJSON struct {
	web         *http.Client
	host, token string
}

// Ask asks page by page.
func (o overJSON) Ask(ctx context.Context, q workload.Question) (int, error) {
	query := url.Values{
		"units": q.Units, "indicators": q.Indicators, "periods": q.Periods,
		"basis": {"BASIS_PROVISIONAL"}, "page_size": {strconv.Itoa(cells)}, "ids_only": {"true"},
	}
	values := 0
	for {
		body, err := o.get(ctx, "/v1/rollups:columns?"+query.Encode())
		if err != nil {
			return 0, err
		}
		values += countValues(body)
		_, rest, found := bytes.Cut(body, []byte(`"nextPageToken":`))
		token, _, _ := bytes.Cut(bytes.TrimPrefix(bytes.TrimSpace(rest), []byte(`"`)), []byte(`"`))
		if !found || len(token) == 0 {
			return values, nil
		}
		query.Set("page_token", string(token))
	}
}

// countValues counts the values of columns without decoding them; none where some cell has no value.
func countValues(body []byte) int {
	if bytes.Contains(body, []byte("ROLLUP_STATE_")) {
		return 0
	}
	n := 0
	for {
		_, rest, found := bytes.Cut(body, []byte(`"values":[`))
		if !found {
			return n
		}
		list, rest, _ := bytes.Cut(rest, []byte("]"))
		n += bytes.Count(list, []byte(",")) + 1
		body = rest
	}
}

func (o overJSON) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.host+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+o.token)
	w, err := o.web.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(w.Body)
	_ = w.Body.Close() // it was read, or is broken
	if err == nil && w.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %.200s", w.StatusCode, body)
	}
	return body, err
}
