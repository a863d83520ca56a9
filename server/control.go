package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

// control lets commands on the same machine reach the running server: whoever may read the data folder may act as its
// operator. The secret lives as long as the process and is in no entry.
type control struct {
	secret auth.Secret
	hash   [32]byte
}

// Control is what a running server writes for commands on the same machine.
type Control struct {
	GRPC   string `json:"grpc"`
	HTTP   string `json:"http"`
	PID    int    `json:"pid"`
	Secret string `json:"secret"`
	// ServerCertificate is the file of the server's certificate; the other two are what clients must show. Empty: without TLS.
	ServerCertificate string `json:"serverCertificate,omitempty"`
	ClientCertificate string `json:"clientCertificate,omitempty"`
	ClientKey         string `json:"clientKey,omitempty"`
}

func newControl() (control, error) {
	_, secret, hash, err := auth.NewSecret(rand.Reader)
	return control{secret: auth.Secret(secret), hash: hash}, err
}

func (c control) write(dir, grpc, http string, by *transport) error {
	b, err := json.Marshal(Control{
		GRPC: grpc, HTTP: http, PID: os.Getpid(), Secret: c.secret.Reveal(),
		ServerCertificate: by.serverFile, ClientCertificate: string(by.own.Certificate), ClientKey: string(by.own.Key),
	})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, controlFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

func removeControl(dir string) error {
	err := os.Remove(filepath.Join(dir, controlFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// ReadControl reads what a running server wrote; NotFound if none runs here.
func ReadControl(dir string) (Control, error) {
	b, err := os.ReadFile(filepath.Join(dir, controlFile)) //nolint:gosec // the operator names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return Control{}, fault.NotFound("SERVER_NOT_RUNNING", "no server runs on the store in %s", dir).With("dir", dir)
	}
	if err != nil {
		return Control{}, fault.Internal(err, "the control file in %s cannot be read", dir)
	}
	var c Control
	if err := json.Unmarshal(b, &c); err != nil {
		return Control{}, fault.Internal(err, "the control file in %s is damaged; stop the server and start it again", dir)
	}
	return c, nil
}

// Alive says whether somebody listens where the control file says; a server that was killed leaves the file behind.
func (c Control) Alive() bool {
	conn, err := net.DialTimeout("tcp", c.GRPC, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// Dial connects a command on this machine to the server.
func (c Control) Dial(ctx context.Context) (*client.Client, error) {
	protect, err := c.Config()
	if err != nil {
		return nil, err
	}
	return client.Dial(ctx, client.Config{Address: c.GRPC, Token: client.Secret(c.Secret), Language: "en", TLS: protect})
}
