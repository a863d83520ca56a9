package main

import (
	"fmt"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/certificate"
)

// transportFlags say how connections are protected.
type transportFlags struct {
	TLSCertificate string `help:"Certificate chain (PEM) of both doors; TLS 1.3. A changed file is used from the next connection on. Without: the one that init --tls made." name:"tls-certificate" placeholder:"FILE" env:"TONGHOP_TLS_CERTIFICATE" type:"path"`
	TLSKey         string `help:"Its private key (PEM)." name:"tls-key" placeholder:"FILE" env:"TONGHOP_TLS_KEY" type:"path"`
	ClientCA       string `help:"Authorities (PEM) whose certificates clients may show. Without: the one that init --tls made." name:"client-ca" placeholder:"FILE" env:"TONGHOP_CLIENT_CA" type:"path"`
	GRPCClients    string `help:"Certificates of clients at the gRPC door: none, optional or required." name:"grpc-clients" default:"none" enum:"none,optional,required"`
	HTTPClients    string `help:"Certificates of clients at the JSON door." name:"http-clients" default:"none" enum:"none,optional,required"`
	NoTLS          bool   `help:"Serve in the clear, on loopback addresses, although init --tls made a certificate." name:"no-tls"`
	Plaintext      bool   `help:"Serve tokens and figures in the clear also on addresses that other machines reach; health and status say so." name:"i-accept-plaintext"`
}

// demands are the words for what is asked of clients.
var demands = map[string]certificate.Demand{"none": certificate.None, "optional": certificate.Optional, "required": certificate.Required}

func (f transportFlags) transport() server.TLS {
	return server.TLS{
		Certificate: f.TLSCertificate, Key: f.TLSKey, ClientCA: f.ClientCA, Off: f.NoTLS, AcceptPlaintext: f.Plaintext,
		GRPCClients: demands[f.GRPCClients], HTTPClients: demands[f.HTTPClients],
	}
}

type certificateCommand struct {
	Data   string   `help:"Data folder." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	Server []string `help:"Hosts and addresses of the server: replaces its certificate, which a running server uses from the next connection on." placeholder:"HOST" xor:"who" required:""`
	Client string   `help:"Name of a client: makes NAME.pem and NAME.key." placeholder:"NAME" xor:"who" required:""`
	Out    string   `help:"Folder for the files of a client." default:"." placeholder:"DIR" type:"path"`
}

// Run has the authority of the store issue a certificate, and prints its SHA-256 alone on the last line.
func (c certificateCommand) Run(w world) error {
	purpose, names := certificate.Server, c.Server
	if c.Client != "" {
		purpose, names = certificate.Client, []string{c.Client}
	}
	issued, err := server.IssueCertificate(c.Data, purpose, names, c.Out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%s\n%s\n%s\n", issued.CertificateFile, issued.KeyFile, issued.Fingerprint)
	return err
}
