package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type tokenRotateCmd struct {
	Token   string         `arg:"" help:"Id of the token, as the list shows it; not its text."`
	Overlap *time.Duration `placeholder:"24h" help:"How long the text before is good too, 720h at most; 0 ends it at once. Otherwise a day."`
	Days    int            `placeholder:"N" help:"How many days it lives from now on; otherwise 90. One's own token ends when it was to end."`
}

// Help shows how it is used.
func (tokenRotateCmd) Help() string {
	return `The new text is shown once. A token that fell into wrong hands is rotated with --overlap 0, or revoked.

Examples:

    tonghop token rotate k3m9q2x7v1ab | tail -n 1 > next.token
    tonghop token rotate k3m9q2x7v1ab --overlap 0s --days 30`
}

// Run rotates a token.
func (c *tokenRotateCmd) Run(ctx context.Context, s *session) error {
	if strings.HasPrefix(c.Token, "th_") {
		return s.usage("this is the text of a token: give its id, which is the middle part between the two underscores")
	}
	q := &reportingv1.RotateTokenRequest{Name: "tokens/" + strings.TrimPrefix(c.Token, "tokens/")}
	if c.Overlap != nil {
		q.Overlap = durationpb.New(*c.Overlap)
	}
	if c.Days > 0 {
		q.Lifetime = durationpb.New(time.Duration(c.Days) * 24 * time.Hour)
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.RotateToken(ctx, q)
		if err != nil {
			return err
		}
		if answer.GetSecret() == "" {
			s.notice("%s was rotated, but the answer with its text was lost on the way, and it is shown once", plain(answer.GetToken().GetName()))
			s.hint("rotate it once more, with a token that is still good")
			return errRefused
		}
		return showSecret(s, answer)
	})
}

const proofPrefix = "PROOF_KIND_"

type proofCmd struct {
	Add    proofAddCmd    `cmd:"" help:"Have a certificate, a name in certificates or a group prove a token."`
	List   proofListCmd   `cmd:"" help:"List what proves tokens besides their texts."`
	Remove proofRemoveCmd `cmd:"" help:"Have it prove nothing any more, at once."`
}

type proofAddCmd struct {
	Token       string `arg:"" help:"Id of the token, as the list shows it."`
	Certificate string `xor:"what" required:"" placeholder:"SHA256" help:"One certificate, by its SHA-256 as tonghopd certificate prints it."`
	Name        string `xor:"what" required:"" placeholder:"NAME" help:"Any valid certificate with that name of a host, URI or address of mail."`
	Group       string `xor:"what" required:"" placeholder:"GROUP" help:"Whoever is in the group, as --issuer says."`
	Issuer      string `placeholder:"URL" help:"Issuer of the group."`
	Rank        int32  `placeholder:"N" help:"Whoever is in several groups has the token of the one with the smallest rank; otherwise 0."`
}

// Help shows how it is used.
func (proofAddCmd) Help() string {
	return `Examples:

    tonghop proof add k3m9q2x7v1ab --certificate $(tail -n 1 issued.txt)
    tonghop proof add k3m9q2x7v1ab --group cds-xem --issuer https://dangnhap.example.vn --rank 20`
}

// Run registers it.
func (c *proofAddCmd) Run(ctx context.Context, s *session) error {
	q := &reportingv1.CreateProofRequest{Token: "tokens/" + strings.TrimPrefix(c.Token, "tokens/"), Issuer: c.Issuer, Rank: c.Rank}
	switch {
	case c.Certificate != "":
		// Others write it with colons and in capitals.
		q.Kind, q.Value = reportingv1.ProofKind_PROOF_KIND_CERTIFICATE, strings.ToLower(strings.ReplaceAll(c.Certificate, ":", ""))
	case c.Name != "":
		q.Kind, q.Value = reportingv1.ProofKind_PROOF_KIND_NAME, c.Name
	default:
		q.Kind, q.Value = reportingv1.ProofKind_PROOF_KIND_GROUP, c.Group
	}
	return s.with(ctx, func(to *client.Client) error {
		p, err := to.CreateProof(ctx, q)
		if err != nil {
			return err
		}
		return one(s, p, proofPairs(p))
	})
}

func proofPairs(p *reportingv1.Proof) []pair {
	return []pair{
		{"proof", p.GetName()},
		{"token", p.GetToken()},
		{"what", proofKind(p)},
		{"issuer", p.GetIssuer()},
		{"value", p.GetValue()},
		{"rank", strconv.Itoa(int(p.GetRank()))},
		{"registered", when(p.GetCreateTime())},
		{"taken off", when(p.GetDeleteTime())},
	}
}

func proofKind(p *reportingv1.Proof) string { return strings.ToLower(word(p.GetKind(), proofPrefix)) }

type proofListCmd struct{}

// Help shows how it is used.
func (proofListCmd) Help() string {
	return `Examples:

    tonghop proof list -o csv`
}

// Run lists what proves tokens.
func (*proofListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		return list(s, proofSheet, to.Proofs(ctx, &reportingv1.ListProofsRequest{}))
	})
}

var proofSheet = sheet[*reportingv1.Proof]{
	table: []column[*reportingv1.Proof]{
		{name: "PROOF", text: func(p *reportingv1.Proof) string { return strings.TrimPrefix(p.GetName(), "proofs/") }},
		{name: "TOKEN", text: func(p *reportingv1.Proof) string { return strings.TrimPrefix(p.GetToken(), "tokens/") }},
		{name: "WHAT", text: proofKind},
		{name: "VALUE", text: (*reportingv1.Proof).GetValue},
		{name: "ISSUER", text: (*reportingv1.Proof).GetIssuer},
		{name: "RANK", text: func(p *reportingv1.Proof) string { return strconv.Itoa(int(p.GetRank())) }},
	},
	csv: []column[*reportingv1.Proof]{
		{name: "proof", text: func(p *reportingv1.Proof) string { return strings.TrimPrefix(p.GetName(), "proofs/") }},
		{name: "token", text: func(p *reportingv1.Proof) string { return strings.TrimPrefix(p.GetToken(), "tokens/") }},
		{name: "kind", text: proofKind},
		{name: "value", text: (*reportingv1.Proof).GetValue},
		{name: "issuer", text: (*reportingv1.Proof).GetIssuer},
		{name: "rank", text: func(p *reportingv1.Proof) string { return strconv.Itoa(int(p.GetRank())) }},
		{name: "create_time", text: func(p *reportingv1.Proof) string { return instant(p.GetCreateTime()) }},
	},
	json: messageJSON[*reportingv1.Proof],
}

type proofRemoveCmd struct {
	Proof string `arg:"" help:"Id of the proof, as the list shows it."`
}

// Help shows how it is used.
func (proofRemoveCmd) Help() string {
	return `Examples:

    tonghop proof remove 7k2m9q2x7v1a`
}

// Run takes it off.
func (c *proofRemoveCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		p, err := to.DeleteProof(ctx, &reportingv1.DeleteProofRequest{Name: "proofs/" + strings.TrimPrefix(c.Proof, "proofs/")})
		if err != nil {
			return err
		}
		return one(s, p, proofPairs(p))
	})
}
