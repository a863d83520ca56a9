package main

import (
	"fmt"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/certificate"
	"github.com/tonghop/tonghop/server/issuer"
	"github.com/tonghop/tonghop/server/rpc"
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

// limitFlags bound what callers may ask for. 0 does not bound.
type limitFlags struct {
	TokenRate       float64 `help:"Calls a second for each token or person; reports come in batches and streams, which are one call." name:"token-rate" default:"200"`
	TokenBurst      int     `help:"Calls at once before that counts." name:"token-burst" default:"2000"`
	AddressRate     float64 `help:"Calls a second from each address of another machine." name:"address-rate" default:"1000"`
	AddressBurst    int     `help:"Calls at once before that counts." name:"address-burst" default:"5000"`
	Calls           int     `help:"Unary calls at once; a quarter is kept for those who do not only read." default:"2048"`
	Connections     int     `help:"Connections at once, at each door." default:"12000"`
	ConnectionRate  float64 `help:"New connections a second from each address of another machine." name:"connection-rate" default:"100"`
	ConnectionBurst int     `help:"New connections at once before that counts." name:"connection-burst" default:"500"`
}

func (f limitFlags) set(c *server.Config) {
	c.Rates = rpc.Rates{
		Token: rpc.Rate{PerSecond: f.TokenRate, Burst: f.TokenBurst}, Address: rpc.Rate{PerSecond: f.AddressRate, Burst: f.AddressBurst},
		Calls: f.Calls,
	}
	c.Connections = server.Connections{Most: f.Connections, PerSecond: f.ConnectionRate, Burst: f.ConnectionBurst}
}

// issuerFlags say whose signed tokens are good.
type issuerFlags struct {
	Issuer     string   `help:"URL of the OpenID Connect provider whose signed tokens are good; what its groups may do is registered with tonghop proof add." name:"oidc-issuer" placeholder:"URL" env:"TONGHOP_OIDC_ISSUER"`
	Audience   string   `help:"What its tokens must be for: the client id of this service." name:"oidc-audience" placeholder:"ID" env:"TONGHOP_OIDC_AUDIENCE"`
	Groups     string   `help:"Claim with the groups." name:"oidc-groups-claim" default:"groups"`
	Algorithms []string `help:"Algorithms that may sign." name:"oidc-algorithms" default:"RS256,ES256"`
}

func (f issuerFlags) config() *issuer.Config {
	if f.Issuer == "" {
		return nil
	}
	return &issuer.Config{Issuer: f.Issuer, Audience: f.Audience, GroupsClaim: f.Groups, Algorithms: f.Algorithms}
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
