package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// Demand says whether clients must show a certificate.
type Demand uint8

// The demands.
const (
	// None asks for no certificate.
	None Demand = iota
	// Optional verifies the one that is shown.
	Optional
	// Required lets nobody in without one.
	Required
)

// Files are those of a server's certificate.
type Files struct {
	// Certificate is the chain of the server, its own certificate first; Key its private key.
	Certificate, Key string
	// Clients holds the authorities whose certificates clients may show. Empty: clients show none.
	Clients string
	// ModesCount says whether the mode of a file tells who may read it.
	ModesCount bool
}

// Keeper holds the certificate of a server. Make one with Open.
type Keeper struct {
	files Files
	told  func(error)

	mu sync.Mutex
	// seen are the files as they were when what is in use was read, tried those that were read last.
	seen, tried []mark
	pair        tls.Certificate
	clients     []*x509.Certificate
	// generation counts what was read.
	generation int
}

// mark tells one version of a file from another.
type mark struct {
	at   time.Time
	size int64
	mode fs.FileMode
}

// Open reads the files. Told hears of later versions that cannot be used, once of each.
func Open(files Files, told func(error)) (*Keeper, error) {
	k := &Keeper{files: files, told: told}
	seen, err := k.look()
	if err != nil {
		return nil, err
	}
	if err := k.read(seen); err != nil {
		return nil, err
	}
	return k, nil
}

// names are the files that are there.
func (k *Keeper) names() []string {
	names := []string{k.files.Certificate, k.files.Key}
	if k.files.Clients != "" {
		names = append(names, k.files.Clients)
	}
	return names
}

func (k *Keeper) look() ([]mark, error) {
	var marks []mark
	for _, name := range k.names() {
		info, err := os.Stat(name)
		if err != nil {
			return nil, unusable(name, err)
		}
		marks = append(marks, mark{at: info.ModTime(), size: info.Size(), mode: info.Mode()})
	}
	return marks, nil
}

func unusable(name string, err error) error {
	return fault.Precondition("CERTIFICATE_FILE", "the file %s cannot be read: %s", name, err.Error()).With("file", name)
}

// read takes what is in the files into use.
func (k *Keeper) read(seen []mark) error {
	if mode := seen[1].mode.Perm(); k.files.ModesCount && mode&0o077 != 0 {
		return fault.Precondition("TLS_KEY_OPEN",
			"the key %s may be read by others (mode %#o), who could then pass for this server; make it yours alone: chmod 600 %s",
			k.files.Key, mode, k.files.Key).With("file", k.files.Key)
	}
	pair, err := tls.LoadX509KeyPair(k.files.Certificate, k.files.Key)
	if err != nil {
		return fault.Precondition("CERTIFICATE_UNUSABLE", "the certificate %s and the key %s cannot be used together: %s",
			k.files.Certificate, k.files.Key, err.Error()).With("file", k.files.Certificate)
	}
	var clients []*x509.Certificate
	if k.files.Clients != "" {
		if clients, err = authorities(k.files.Clients); err != nil {
			return err
		}
	}
	k.pair, k.clients, k.seen = pair, clients, seen
	k.generation++
	return nil
}

func authorities(name string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, unusable(name, err)
	}
	var list []*x509.Certificate
	for len(text) > 0 {
		var c *x509.Certificate
		if c, text, err = next(text); err != nil {
			return nil, fault.Of(err).With("file", name)
		}
		if c != nil {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil, fault.Invalid("CERTIFICATE_UNREADABLE", "%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", name).With("file", name)
	}
	return list, nil
}

// current gives what is in use, read anew where the files have changed.
func (k *Keeper) current() (tls.Certificate, []*x509.Certificate, int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, err := k.look()
	if err == nil && !slices.Equal(now, k.seen) {
		err = k.read(now)
	}
	if err != nil && (k.tried == nil || !slices.Equal(now, k.tried)) {
		k.told(err)
	}
	if k.tried = nil; err != nil {
		k.tried = append([]mark{}, now...)
	}
	return k.pair, k.clients, k.generation
}

// Leaf is the certificate in use.
func (k *Keeper) Leaf() *x509.Certificate {
	pair, _, _ := k.current()
	return pair.Leaf
}

// Config is the setting of one door: TLS 1.3 with the certificate as its files have it at each handshake. The own
// certificate is believed beside those that the authorities issued; nil for none. Sessions are not resumed, so that every
// connection proves anew who it is, to the authorities of now.
func (k *Keeper) Config(demand Demand, own *x509.Certificate, protocols ...string) *tls.Config {
	var mu sync.Mutex
	var made *tls.Config
	var of int
	door := func(*tls.ClientHelloInfo) (*tls.Config, error) {
		pair, clients, generation := k.current()
		mu.Lock()
		defer mu.Unlock()
		if made != nil && of == generation {
			return made, nil
		}
		made, of = &tls.Config{
			MinVersion: tls.VersionTLS13, NextProtos: protocols, SessionTicketsDisabled: true,
			Certificates: []tls.Certificate{pair}, ClientAuth: ways[demand],
		}, generation
		if demand != None {
			made.ClientCAs = x509.NewCertPool()
			for _, c := range clients {
				made.ClientCAs.AddCert(c)
			}
			if own != nil {
				made.ClientCAs.AddCert(own)
			}
		}
		return made, nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: protocols, SessionTicketsDisabled: true, GetConfigForClient: door}
}

// ways are the demands in the words of TLS.
var ways = map[Demand]tls.ClientAuthType{
	None: tls.NoClientCert, Optional: tls.VerifyClientCertIfGiven, Required: tls.RequireAndVerifyClientCert,
}
