package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"time"

	"github.com/tonghop/tonghop/client"
)

const defaultAddress = "127.0.0.1:9090"

// globals are the flags of every command.
type globals struct {
	Address  string        `short:"a" group:"Every command:" placeholder:"HOST:PORT" help:"Server. Otherwise TONGHOP_ADDRESS, the profile, or 127.0.0.1:9090."`
	Token    string        `group:"Every command:" placeholder:"TEXT" help:"Token. Otherwise TONGHOP_TOKEN or the profile, where others on this machine do not see it."`
	Profile  string        `group:"Every command:" placeholder:"NAME" help:"Profile of $$XDG_CONFIG_HOME/tonghop/config.json (~/.config without it)."`
	Output   string        `short:"o" group:"Every command:" enum:"table,csv,json" default:"table" help:"Form of the answer: table, csv or json (one object a line)."`
	Language string        `group:"Every command:" enum:"vi,en," default:"" placeholder:"vi|en" help:"Language of the server's messages. Otherwise the profile, or that of this terminal."`
	Timeout  time.Duration `group:"Every command:" default:"1m" help:"How long one request may take with all its attempts; streams and uploads may stay silent for twice as long."`
	Attempts int           `group:"Every command:" default:"6" help:"How often a request is tried while the server is away."`
	TLS      bool          `name:"tls" group:"Every command:" help:"Protect the connection; needed for any other machine."`
	CA       string        `name:"ca" group:"Every command:" placeholder:"FILE" help:"Certificates (PEM) of the issuers to believe; implies --tls. Otherwise TONGHOP_CA or the profile."`
	Cert     string        `name:"client-cert" group:"Every command:" placeholder:"FILE" help:"Certificate (PEM) that says who calls; implies --tls. Otherwise TONGHOP_CLIENT_CERT or the profile."`
	Key      string        `name:"client-key" group:"Every command:" placeholder:"FILE" help:"Its private key (PEM). Otherwise TONGHOP_CLIENT_KEY or the profile."`
	Quiet    bool          `short:"q" group:"Every command:" help:"No progress."`
}

// config brings flags, environment and profile together, the nearer one before the farther one.
func (s *session) config() (client.Config, error) {
	p, err := s.profile()
	if err != nil {
		return client.Config{}, err
	}
	address := first(s.Address, s.env("TONGHOP_ADDRESS"), p.Address, defaultAddress)
	token := first(s.Token, s.env("TONGHOP_TOKEN"))
	trust := trusted{ca: first(s.CA, s.env("TONGHOP_CA")), certificate: first(s.Cert, s.env("TONGHOP_CLIENT_CERT")), key: first(s.Key, s.env("TONGHOP_CLIENT_KEY"))}
	useTLS := s.TLS || s.env("TONGHOP_TLS") == "1"
	// The token of a profile is for the server of that profile alone: an address from elsewhere may be anybody's.
	if address == first(p.Address, defaultAddress) {
		token = first(token, p.Token)
		useTLS = useTLS || p.TLS
		trust = trusted{ca: first(trust.ca, p.CA), certificate: first(trust.certificate, p.ClientCert), key: first(trust.key, p.ClientKey)}
	} else {
		s.tokenLeft = token == "" && p.Token != ""
	}
	config := client.Config{
		Address:  address,
		Token:    client.Secret(strings.TrimSpace(token)),
		Language: first(s.Language, p.Language, s.terminalLanguage()),
		Timeout:  s.Timeout,
		Silence:  2 * s.Timeout,
		Attempts: s.Attempts,
	}
	if useTLS || trust != (trusted{}) {
		if config.TLS, err = s.believe(trust); err != nil {
			return client.Config{}, err
		}
	}
	return config, nil
}

// trusted are the files by which both sides of a connection know each other.
type trusted struct{ ca, certificate, key string }

// believe reads the issuers, without a file those of the machine, and the certificate of this side.
func (s *session) believe(files trusted) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if (files.certificate == "") != (files.key == "") {
		return nil, s.usage("a certificate and its key go together: give both --client-cert and --client-key")
	}
	if files.certificate != "" {
		pair, err := tls.LoadX509KeyPair(files.certificate, files.key)
		if err != nil {
			return nil, s.usage("the certificate of --client-cert and the key of --client-key cannot be used: %v", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if files.ca == "" {
		return config, nil
	}
	pem, err := os.ReadFile(files.ca)
	if err != nil {
		return nil, s.usage("the certificates of --ca cannot be read: %v", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, s.usage("--ca %s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", files.ca)
	}
	return config, nil
}

// terminalLanguage is Vietnamese where the person's own setting says so.
func (s *session) terminalLanguage() string {
	if strings.HasPrefix(first(s.env("LC_ALL"), s.env("LC_MESSAGES"), s.env("LANG")), "vi") {
		return "vi"
	}
	return "en"
}

// first gives the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
