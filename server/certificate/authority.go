package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// Pair is a certificate and its private key in PEM form.
type Pair struct{ Certificate, Key []byte }

// Purpose says for which side of a connection a certificate is.
type Purpose uint8

// The purposes.
const (
	Server Purpose = iota
	Client
)

// How long certificates last. A clock that is a little late must not refuse a new one.
const (
	authorityLasts   = 10 * 365 * 24 * time.Hour
	certificateLasts = 397 * 24 * time.Hour
	clockSkew        = 5 * time.Minute
)

// Types of PEM blocks.
const (
	typeCertificate = "CERTIFICATE"
	typeKey         = "PRIVATE KEY"
)

// NewAuthority makes an authority, which signs certificates and no other authorities.
func NewAuthority(name string, now time.Time, random io.Reader) (Pair, error) {
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(authorityLasts),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	return sign(template, nil, nil, random)
}

// Issue has the authority issue a certificate. Names are hosts and addresses of a server, or the one name of a client, which
// is kept as a DNS name too where it is one, since names of that sort can be registered.
func (a Pair) Issue(purpose Purpose, names []string, now time.Time, random io.Reader) (Pair, error) {
	parent, key, err := a.parse()
	if err != nil {
		return Pair{}, err
	}
	if len(names) == 0 || names[0] == "" {
		return Pair{}, fault.Invalid("CERTIFICATE_NAME_MISSING", "a certificate needs a name: a host or an address of a server, or the name of a client")
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: names[0]},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(certificateLasts),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if purpose == Client {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	for _, name := range names {
		switch ip := net.ParseIP(name); {
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		case isHost(name):
			template.DNSNames = append(template.DNSNames, name)
		case purpose == Server:
			return Pair{}, fault.Invalid("CERTIFICATE_NAME_INVALID", "%q is neither the name of a host nor an address", name).With("value", name)
		}
	}
	return sign(template, parent, key, random)
}

// isHost says whether a name can stand in a certificate as that of a host.
func isHost(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*"
	return name != "" && len(name) <= 253 && strings.Trim(name, letters) == "" && !strings.Contains(name, "..")
}

// sign makes a key and has the parent sign its certificate; without a parent it signs itself.
func sign(template, parent *x509.Certificate, signer *ecdsa.PrivateKey, random io.Reader) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return Pair{}, fault.Internal(err, "a key cannot be made")
	}
	var serial [16]byte
	if _, err := io.ReadFull(random, serial[:]); err != nil {
		return Pair{}, fault.Internal(err, "no random bytes for a certificate")
	}
	serial[0] &= 0x7f // a serial number is positive
	template.SerialNumber = new(big.Int).SetBytes(serial[:])
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(random, template, parent, &key.PublicKey, signer)
	if err != nil {
		return Pair{}, fault.Internal(err, "a certificate cannot be made")
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fault.Internal(err, "a key cannot be written")
	}
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: typeKey, Bytes: private}),
	}, nil
}

// parse reads an authority.
func (a Pair) parse() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	wrong := fault.Invalid("AUTHORITY_UNUSABLE", "the authority's certificate or key cannot be read; it is made by tonghopd init --tls")
	certificate, err := Parse(a.Certificate)
	if err != nil || !certificate.IsCA {
		return nil, nil, wrong
	}
	block, _ := pem.Decode(a.Key)
	if block == nil || block.Type != typeKey {
		return nil, nil, wrong
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, nil, wrong
	}
	return certificate, key, nil
}

// Parse reads the first certificate of a text in PEM form.
func Parse(text []byte) (*x509.Certificate, error) {
	for len(text) > 0 {
		c, rest, err := next(text)
		if c != nil || err != nil {
			return c, err
		}
		text = rest
	}
	return nil, fault.Invalid("CERTIFICATE_UNREADABLE", "there is no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
}

// next reads the next block and gives what follows it. The certificate is nil where the block is something else, or none.
func next(text []byte) (c *x509.Certificate, rest []byte, err error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != typeCertificate {
		if block == nil {
			rest = nil
		}
		return nil, rest, nil
	}
	if c, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, nil, fault.Invalid("CERTIFICATE_UNREADABLE", "a certificate cannot be read; it may have been cut off")
	}
	return c, rest, nil
}

// Fingerprint is the SHA-256 of a certificate in 64 small hexadecimal digits.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Most names of a certificate that are looked at, and how long they may be together: they travel with every call.
const (
	mostNames = 50
	mostBytes = 4 << 10
)

// Describe gives what a certificate is known by: its fingerprint, and the names of hosts, addresses of mail and URIs in it.
// The common name is none: nobody promises what stands there.
func Describe(c *x509.Certificate) (fingerprint string, names []string) {
	room := mostBytes
	all := append(slices.Clone(c.DNSNames), c.EmailAddresses...)
	for _, uri := range c.URIs {
		all = append(all, uri.String())
	}
	for _, name := range all {
		if room -= len(name); len(names) == mostNames || room < 0 {
			break
		}
		names = append(names, name)
	}
	return Fingerprint(c), names
}
