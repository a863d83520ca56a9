package server_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
)

// opened is the country of testdata/published, whose server is open to the public or not.
func opened(t *testing.T, public bool) *province {
	t.Helper()
	p := newProvinceWith(t, func(c *server.Config) { c.Public = public })
	p.play("testdata/published/story.txt")
	return p
}

// get reads a page as whoever sends no token does.
func (p *province) get(path string, header map[string]string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.http+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer, string(body)
}

const publishedPath = "/v1/publications/forms/thang/closings/2025-06~P-0/figures"

// TestR51WithoutATokenThereIsWhatIsPublishedAlone asks every method of the contract without a token, of a server that is open
// to the public: two answer.
func TestR51WithoutATokenThereIsWhatIsPublishedAlone(t *testing.T) {
	p := opened(t, true)
	asks := readAsks(t)
	m := &matrix{province: p, asks: asks}
	var answered []string
	for name := range methodsOfContract() {
		if answer := m.askGRPC(asks[name], name, "nobody", "P-0"); !strings.HasPrefix(answer, "!UNAUTHENTICATED") {
			answered = append(answered, name)
		}
	}
	if len(answered) != 2 || !strings.HasPrefix(answered[0], "PublicationService.") || !strings.HasPrefix(answered[1], "PublicationService.") {
		t.Errorf("without a token %v answer, want those of what is published", answered)
	}
	// A token that is not good is no door to the public either.
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+p.secrets["forger"])
	_, err := reportingv1.NewPublicationServiceClient(p.conn).ListPublications(ctx, &reportingv1.ListPublicationsRequest{})
	if got := verdictOf(err); got != "Unauthenticated TOKEN_INVALID" {
		t.Errorf("with a forged token: %s", got)
	}
}

// TestR51AServerIsClosedToThePublicUnlessItIsSaid: without the setting nobody is answered without a token.
func TestR51AServerIsClosedToThePublicUnlessItIsSaid(t *testing.T) {
	p := opened(t, false)
	for _, path := range []string{"/v1/publications", publishedPath} {
		if answer, body := p.get(path, nil); answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("ETag") != "" ||
			answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %v %s", path, answer.Status, answer.Header, body)
		}
	}
}

// TestR51WhatIsPublishedOfAClosing holds the figures against those computed by hand in the story.
func TestR51WhatIsPublishedOfAClosing(t *testing.T) {
	p := opened(t, true)
	answer, err := reportingv1.NewPublicationServiceClient(p.conn).ListPublishedFigures(t.Context(), &reportingv1.ListPublishedFiguresRequest{
		Name: "forms/thang/closings/2025-06~P-0",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range answer.GetFigures() {
		got = append(got, f.GetIndicator()+" "+f.GetUnit().GetId()+" "+f.GetValue())
	}
	want, err := os.ReadFile("testdata/published/figures.txt")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(got, "\n") + "\n"; text != string(want) {
		t.Errorf("published is\n%swant\n%s", text, want)
	}
	for _, i := range answer.GetIndicators() {
		if withheld := i.GetCode() == "CA"; i.GetWithheld() != withheld {
			t.Errorf("%s is withheld further down: %t, want %t", i.GetCode(), i.GetWithheld(), withheld)
		}
	}
	for _, name := range []string{"forms/thang/closings/2025-05~P-0", "forms/thang/closings/2025-06~A-0", "forms/thang/closings/2025-06~NOWHERE-0", "forms/x/closings/2025-06~P-0"} {
		_, err := reportingv1.NewPublicationServiceClient(p.conn).ListPublishedFigures(t.Context(), &reportingv1.ListPublishedFiguresRequest{Name: name})
		if got := verdictOf(err); got != "NotFound PUBLICATION_NOT_FOUND" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestR52CachesKeepWhatIsPublished: pages of others may read it, and an answer is asked for again by its tag until something
// new is in the journal.
func TestR52CachesKeepWhatIsPublished(t *testing.T) {
	p := opened(t, true)
	first, body := p.get(publishedPath, map[string]string{"Origin": "https://example.org"})
	etag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || etag == "" || first.Header.Get("Cache-Control") != "public, max-age=60" ||
		first.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("%s %v %s", first.Status, first.Header, body)
	}
	if again, body := p.get(publishedPath, map[string]string{"If-None-Match": etag}); again.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("asked again: %s with %d bytes", again.Status, len(body))
	}
	if known, _ := p.get(publishedPath, map[string]string{"Authorization": "Bearer " + p.secrets["chief"]}); known.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("an answer to a token may be kept: %s", known.Header.Get("Cache-Control"))
	}
	if other, _ := p.get("/v1/units", nil); other.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("pages of others may read units")
	}
	if err := p.issue(p.by("chief"), []string{"another", "viewer", "P"}); err != nil {
		t.Fatal(err)
	}
	if later, _ := p.get(publishedPath, map[string]string{"If-None-Match": etag}); later.StatusCode != http.StatusOK || later.Header.Get("ETag") == etag {
		t.Errorf("after a change: %s, tag %s", later.Status, later.Header.Get("ETag"))
	}
}
