package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// attemptWithin is how long one attempt may take.
const attemptWithin = 15 * time.Second

// errForbidden says that an address is none of the public internet.
var errForbidden = errors.New("the address is not of the public internet, and this server posts to no other")

// errGone says that whoever was to take it takes nothing any more.
var errGone = errors.New("the receiver says that it is gone (410)")

// webhooks posts.
type webhooks struct {
	client       *http.Client
	allowPrivate bool
}

func newWebhooks(allowPrivate bool) *webhooks {
	w := &webhooks{allowPrivate: allowPrivate}
	dialer := &net.Dialer{Timeout: attemptWithin, Control: w.control}
	w.client = &http.Client{
		Timeout: attemptWithin,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSHandshakeTimeout: attemptWithin, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			ResponseHeaderTimeout: attemptWithin,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return w
}

// control looks at the address to which the connection goes, after the name was resolved: what it said earlier does not
// matter.
func (w *webhooks) control(_, address string, _ syscall.RawConn) error {
	if w.allowPrivate {
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return errForbidden
	}
	return nil
}

// reserved are the stretches that netip has no word for: of the carrier, of protocols, of benchmarks, of documentation, of
// the past and the future, and IPv4 inside IPv6.
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// public says whether an address belongs to the public internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// secretOf gives the secret of a subscription, made of the key of the store.
func secretOf(key []byte, subscription string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("webhook " + subscription))
	return mac.Sum(nil)
}

// Sign gives the signature of a message by Standard Webhooks.
func Sign(secret []byte, id, timestamp, body string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SecretText writes a secret as Standard Webhooks has it.
func SecretText(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }

// send makes one attempt. The note says what came of it.
func (w *webhooks) send(ctx context.Context, target string, secret []byte, d *Delivery, now time.Time) (note string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader([]byte(d.Body)))
	if err != nil {
		return "", err
	}
	if request.URL.Scheme != "https" && !w.allowPrivate {
		return "", errors.New("the address has no https, and this server posts in the clear only where private addresses are allowed")
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "tonghop")
	request.Header.Set("webhook-id", d.ID)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", Sign(secret, d.ID, timestamp, d.Body))
	answer, err := w.client.Do(request)
	if err != nil {
		if errors.Is(err, errForbidden) {
			return "", errForbidden // and not what the name was resolved to
		}
		return "", errors.New("no answer came: " + bareError(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // what it says is not wanted
	switch {
	case answer.StatusCode/100 == 2:
		return fmt.Sprint("status ", answer.StatusCode), nil
	case answer.StatusCode == http.StatusGone:
		return "", errGone
	}
	return "", fmt.Errorf("status %d", answer.StatusCode)
}

// bareError is an error without the address, which may hold a secret.
func bareError(err error) string {
	var op *net.OpError
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &dns):
		return "the name cannot be resolved"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "it took too long"
	case errors.As(err, &op):
		return "the connection failed"
	}
	return "the request failed"
}
