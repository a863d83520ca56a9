package server

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/certificate"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rpc"
)

// The folder of the certificates that InitTLS makes, and its files.
const (
	tlsDir          = "tls"
	authorityFile   = "ca.pem"
	authorityKey    = "ca.key"
	certificateFile = "server.pem"
	certificateKey  = "server.key"
)

// TLS says how connections are protected.
type TLS struct {
	// Certificate and Key are files; both empty: those that Init made in the data folder, if it did.
	Certificate, Key string
	// ClientCA is the file of the authorities whose certificates clients may show; the data folder's own if it is empty.
	ClientCA string
	// GRPCClients and HTTPClients say whether clients must show a certificate, door by door.
	GRPCClients, HTTPClients certificate.Demand
	// Off serves in the clear even where the data folder has a certificate.
	Off bool
	// AcceptPlaintext lets other machines reach a door that is not protected.
	AcceptPlaintext bool
}

// soonOver is how long before its end a certificate is warned of.
const soonOver = 30 * 24 * time.Hour

// transport is how the doors of one server are protected.
type transport struct {
	// keeper is nil where they are not.
	keeper     *certificate.Keeper
	grpc, http *tls.Config
	// plaintext are the addresses that other machines reach without protection.
	plaintext []string
	// serverFile is where the certificate lies, and own a certificate by which commands on this machine come in where
	// clients must show one.
	serverFile string
	own        certificate.Pair
}

// transportOf settles how the doors are protected, and refuses what would show tokens and figures to others unasked.
func (c Config) transportOf() (*transport, error) {
	t := &transport{}
	files, err := c.certificateFiles()
	if err != nil {
		return nil, err
	}
	if files.Certificate == "" {
		if c.TLS.GRPCClients != certificate.None || c.TLS.HTTPClients != certificate.None {
			return nil, fault.Invalid("CLIENT_CERTIFICATE_WITHOUT_TLS",
				"client certificates are shown over TLS alone; give --tls-certificate and --tls-key, or make them with tonghopd init --tls")
		}
		return t, t.clear(c)
	}
	t.serverFile = files.Certificate
	t.keeper, err = certificate.Open(files, func(err error) {
		c.Logger.Error("the changed certificate cannot be used; the one before stays in use", "error", err)
	})
	if err != nil {
		return nil, err
	}
	if leaf := t.keeper.Leaf(); leaf != nil && leaf.NotAfter.Before(c.Now().Add(soonOver)) {
		c.Logger.Warn("the certificate ends soon; put a new one in its place, it is used from the next connection on",
			"file", files.Certificate, "ends", leaf.NotAfter)
	}
	own, err := t.ownCertificate()
	if err != nil {
		return nil, err
	}
	t.grpc = t.keeper.Config(c.TLS.GRPCClients, own, rpc.Protocol)
	t.http = t.keeper.Config(c.TLS.HTTPClients, nil, "http/1.1")
	return t, nil
}

// ownCertificate makes the certificate by which commands on this machine pass the gRPC door. It lives as long as the
// process, and who shows it is still nobody without the secret that lies beside it.
func (t *transport) ownCertificate() (*x509.Certificate, error) {
	// This authority is made for the one certificate; its key is forgotten with this call.
	authority, err := certificate.NewAuthority("tonghopd on this machine", time.Now(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if t.own, err = authority.Issue(certificate.Client, []string{LocalName}, time.Now(), rand.Reader); err != nil {
		return nil, err
	}
	return certificate.Parse(authority.Certificate)
}

// LocalName is the name in the certificate of commands on this machine. It is not the name of any host.
const LocalName = "the operator of this machine"

// clear is for doors without TLS: loopback alone, unless it was accepted that others listen.
func (t *transport) clear(c Config) error {
	for _, at := range []struct{ field, address string }{{"grpc-listen", c.GRPCListen}, {"http-listen", c.HTTPListen}} {
		err := loopback(at.field, at.address)
		if fault.ReasonOf(err) == reasonNotLoopback && c.TLS.AcceptPlaintext {
			c.Logger.Warn("tokens and figures cross the network in the clear: this door has no TLS, as was accepted", "door", at.field, "address", at.address)
			t.plaintext = append(t.plaintext, at.address)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const reasonNotLoopback = "ADDRESS_NOT_LOOPBACK"

// loopback refuses an address that other machines can reach: without TLS, tokens and figures would cross the network
// in the clear.
func loopback(field, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fault.Invalid("ADDRESS_INVALID", "%q is not an address; write host:port, such as 127.0.0.1:9090", address).
			With("value", address).In(field)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fault.Invalid(reasonNotLoopback,
		"%q can be reached from other machines and there is no TLS; give --tls-certificate and --tls-key, or listen on 127.0.0.1; "+
			"--i-accept-plaintext serves tokens and figures in the clear", address).
		With("value", address).In(field)
}

// certificateFiles finds the certificate that was named, or the one that Init made. None: empty.
func (c Config) certificateFiles() (certificate.Files, error) {
	files := certificate.Files{Certificate: c.TLS.Certificate, Key: c.TLS.Key, Clients: c.TLS.ClientCA, ModesCount: modesCount}
	if c.TLS.Off {
		if files.Certificate != "" || files.Key != "" {
			return files, fault.Invalid("TLS_TWO_WAYS", "--no-tls was given beside a certificate; leave one of them out")
		}
		return certificate.Files{}, nil
	}
	if (files.Certificate == "") != (files.Key == "") {
		return files, fault.Invalid("TLS_HALF", "a certificate and its key go together; give both --tls-certificate and --tls-key")
	}
	made := filepath.Join(c.Dir, tlsDir)
	if files.Certificate == "" {
		path := filepath.Join(made, certificateFile)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return certificate.Files{}, nil
		}
		files.Certificate, files.Key = path, filepath.Join(made, certificateKey)
	}
	wanted := c.TLS.GRPCClients != certificate.None || c.TLS.HTTPClients != certificate.None
	if files.Clients == "" && wanted {
		files.Clients = filepath.Join(made, authorityFile)
	}
	return files, nil
}

// InitTLS makes an authority of the store's own in the data folder and has it issue a certificate for the names. It
// refuses to replace an authority that is there, whose certificates are in use elsewhere.
func InitTLS(dir string, names []string) error {
	folder := filepath.Join(dir, tlsDir)
	if _, err := os.Stat(filepath.Join(folder, authorityKey)); err == nil {
		return fault.Exists("AUTHORITY_EXISTS", "there is an authority in %s already; tonghopd certificate issues from it", folder).With("dir", folder)
	}
	authority, err := certificate.NewAuthority("tonghop", time.Now(), rand.Reader)
	if err != nil {
		return err
	}
	issued, err := authority.Issue(certificate.Server, names, time.Now(), rand.Reader)
	if err != nil {
		return err
	}
	if err := makeFolder(folder); err != nil {
		return certificateUnwritable(folder, err)
	}
	return errors.Join(
		writePair(filepath.Join(folder, authorityFile), filepath.Join(folder, authorityKey), authority),
		writePair(filepath.Join(folder, certificateFile), filepath.Join(folder, certificateKey), issued))
}

func certificateUnwritable(path string, err error) error {
	return fault.Precondition("CERTIFICATE_UNWRITABLE", "%s cannot be written: %s", path, pathError(err)).With("file", path)
}

// writePair writes the key first: a server that finds a new certificate without its key goes on with the old ones.
func writePair(certificatePath, keyPath string, pair certificate.Pair) error {
	for _, file := range []struct {
		path string
		text []byte
	}{{keyPath, pair.Key}, {certificatePath, pair.Certificate}} {
		if err := writeSynced(file.path, string(file.text)); err != nil {
			return certificateUnwritable(file.path, err)
		}
	}
	return nil
}

// Issued is a certificate that the authority of a store issued.
type Issued struct {
	// CertificateFile and KeyFile are where it lies; Fingerprint is its SHA-256.
	CertificateFile, KeyFile, Fingerprint string
}

// IssueCertificate has the authority in the data folder issue a certificate. That of a server takes the place of the one
// before, and a running server uses it from the next connection on; that of a client lies under its name in out.
func IssueCertificate(dir string, purpose certificate.Purpose, names []string, out string) (Issued, error) {
	folder := filepath.Join(dir, tlsDir)
	authority := certificate.Pair{}
	var err error
	if authority.Certificate, err = os.ReadFile(filepath.Join(folder, authorityFile)); err == nil { //nolint:gosec // the operator names the folder
		authority.Key, err = os.ReadFile(filepath.Join(folder, authorityKey)) //nolint:gosec // as above
	}
	if err != nil {
		return Issued{}, fault.NotFound("AUTHORITY_MISSING", "there is no authority in %s; make one with: tonghopd init --tls HOST", folder).With("dir", folder)
	}
	issued, err := authority.Issue(purpose, names, time.Now(), rand.Reader)
	if err != nil {
		return Issued{}, err
	}
	made := Issued{CertificateFile: filepath.Join(folder, certificateFile), KeyFile: filepath.Join(folder, certificateKey)}
	if purpose == certificate.Client {
		if filepath.Base(names[0]) != names[0] {
			return Issued{}, fault.Invalid("CERTIFICATE_NAME_INVALID", "%q cannot be the name of a file", names[0]).With("value", names[0])
		}
		made.CertificateFile, made.KeyFile = filepath.Join(out, names[0]+".pem"), filepath.Join(out, names[0]+".key")
		for _, path := range []string{made.CertificateFile, made.KeyFile} {
			if _, err := os.Stat(path); err == nil {
				return Issued{}, fault.Exists("CERTIFICATE_EXISTS", "%s is there already; move it away, or name the client otherwise", path).With("file", path)
			}
		}
	}
	leaf, err := certificate.Parse(issued.Certificate)
	if err != nil {
		return Issued{}, err
	}
	made.Fingerprint = certificate.Fingerprint(leaf)
	return made, writePair(made.CertificateFile, made.KeyFile, issued)
}

// Config is the TLS setting by which a command on this machine reaches the server: it believes the one certificate that
// lies where the server has its own. Nil: the server does without.
func (c Control) Config() (*tls.Config, error) {
	if c.ServerCertificate == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.ServerCertificate)
	if err != nil {
		return nil, certificateUnreadable(c.ServerCertificate, err)
	}
	leaf, err := certificate.Parse(text)
	if err != nil {
		return nil, err
	}
	own, err := tls.X509KeyPair([]byte(c.ClientCertificate), []byte(c.ClientKey))
	if err != nil {
		return nil, fmt.Errorf("the control file: %w", err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own},
		InsecureSkipVerify: true, //nolint:gosec // names and authorities say less than the certificate itself, which is compared
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !state.PeerCertificates[0].Equal(leaf) {
				return errors.New("another server answers there than the one of this store")
			}
			return nil
		},
	}, nil
}

func certificateUnreadable(path string, err error) error {
	return fault.Precondition("CERTIFICATE_FILE", "the file %s cannot be read: %s", path, pathError(err)).With("file", path)
}
