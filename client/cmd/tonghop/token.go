package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const rolePrefix = "ROLE_"

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Issue a token; its text stands alone on the last line."`
	List   tokenListCmd   `cmd:"" help:"List tokens without their texts."`
	Rotate tokenRotateCmd `cmd:"" help:"Give a token another text; the one before is good for a while still."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token at once."`
}

type tokenCreateCmd struct {
	Role string `required:"" enum:"reporter,drafter,sender,approver,viewer,administrator,operator,auditor,public" placeholder:"ROLE" help:"What it allows: ${enum}."`
	Unit string `placeholder:"U" help:"Unit it is bound to; a reporter needs one. Otherwise every unit."`
	Form string `placeholder:"F" help:"The only form it is for. Otherwise every form."`
	Name string `placeholder:"TEXT" help:"Who holds it, for people."`
	Days int    `placeholder:"N" help:"How many days it lives; otherwise 90, and not longer than yours if yours is for one unit or form."`
	From string `placeholder:"DAY" help:"First day on which it is good, such as 2025-07-01; otherwise at once."`
	Own  bool   `name:"own-reports" help:"For the reports of the unit itself alone: nothing of the units below it, no roll-ups."`
}

// Help shows how it is used.
func (tokenCreateCmd) Help() string {
	return `The text of a token is shown once and cannot be asked for again. Keep it where others do not read it.

Examples:

    tonghop token create --role reporter --unit 30280 --name "UBND xã An Bình A" --days 365
    tonghop token create --role reporter --unit 30280 --own-reports --from 2025-07-01
    tonghop token create --role viewer | tail -n 1 > viewer.token`
}

// Run issues a token.
func (c *tokenCreateCmd) Run(ctx context.Context, s *session) error {
	q := &reportingv1.CreateTokenRequest{
		Role: choice[reportingv1.Role](reportingv1.Role_value, rolePrefix, c.Role), Unit: c.Unit, Form: c.Form, DisplayName: c.Name,
		OwnReports: c.Own,
	}
	if c.Days > 0 {
		q.Lifetime = durationpb.New(time.Duration(c.Days) * 24 * time.Hour)
	}
	if c.From != "" {
		day, err := time.ParseInLocation(time.DateOnly, c.From, vietnam)
		if err != nil {
			return fmt.Errorf("--from %q: write a day as 2025-07-01", c.From)
		}
		q.StartTime = timestamppb.New(day)
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.CreateToken(ctx, q)
		if err != nil {
			return err
		}
		if answer.GetSecret() == "" {
			name := plain(answer.GetToken().GetName())
			s.notice("%s was issued, but the answer with its text was lost on the way, and it is shown once", name)
			s.hint("run \"tonghop token revoke " + strings.TrimPrefix(name, "tokens/") + "\" and issue another one")
			return errRefused
		}
		return showSecret(s, answer)
	})
}

// withSecret is an answer with the text of a token.
type withSecret interface {
	proto.Message
	GetToken() *reportingv1.Token
	GetSecret() string
}

func showSecret(s *session, answer withSecret) error {
	switch s.Output {
	case "json":
		return writeJSON(s.stdout, answer)
	case "csv":
		sh := tokenSheet
		sh.csv = append(sh.csv[:len(sh.csv):len(sh.csv)], column[*reportingv1.Token]{
			name: "secret", text: func(*reportingv1.Token) string { return answer.GetSecret() },
		})
		return list(s, sh, withoutErrors([]*reportingv1.Token{answer.GetToken()}))
	}
	if err := one(s, answer, tokenPairs(answer.GetToken())); err != nil {
		return err
	}
	return s.printf("%s\n", answer.GetSecret())
}

func tokenPairs(t *reportingv1.Token) []pair {
	return []pair{
		{"token", t.GetName()},
		{"role", role(t)},
		{"unit", first(t.GetUnit(), "every unit") + alone(t)},
		{"form", first(t.GetForm(), "every form")},
		{"holder", t.GetDisplayName()},
		{"good from", when(t.GetStartTime())},
		{"issued", when(t.GetCreateTime())},
		{"expires", first(when(t.GetExpireTime()), "never")},
		{"revoked", when(t.GetRevokeTime())},
		{"text before is good until", when(t.GetFormerEndTime())},
	}
}

// alone says behind a unit that the token is for its own reports.
func alone(t *reportingv1.Token) string {
	if t.GetOwnReports() {
		return " alone"
	}
	return ""
}

func role(t *reportingv1.Token) string { return strings.ToLower(word(t.GetRole(), rolePrefix)) }

type tokenListCmd struct{}

// Help shows how it is used.
func (tokenListCmd) Help() string {
	return `Examples:

    tonghop token list -o csv`
}

// Run lists tokens.
func (*tokenListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		return list(s, tokenSheet, to.Tokens(ctx, &reportingv1.ListTokensRequest{}))
	})
}

var tokenSheet = sheet[*reportingv1.Token]{
	table: []column[*reportingv1.Token]{
		{name: "TOKEN", text: func(t *reportingv1.Token) string { return strings.TrimPrefix(t.GetName(), "tokens/") }},
		{name: "ROLE", text: role},
		{name: "UNIT", text: func(t *reportingv1.Token) string { return first(t.GetUnit(), "every") + alone(t) }},
		{name: "FORM", text: func(t *reportingv1.Token) string { return first(t.GetForm(), "every") }},
		{name: "HOLDER", text: (*reportingv1.Token).GetDisplayName},
		{name: "ISSUED", text: func(t *reportingv1.Token) string { return when(t.GetCreateTime()) }},
		{name: "EXPIRES", text: func(t *reportingv1.Token) string { return when(t.GetExpireTime()) }},
		{name: "USED", text: func(t *reportingv1.Token) string { return when(t.GetLastUseTime()) }},
		{name: "REVOKED", text: func(t *reportingv1.Token) string { return when(t.GetRevokeTime()) }},
	},
	csv: []column[*reportingv1.Token]{
		{name: "token", text: func(t *reportingv1.Token) string { return strings.TrimPrefix(t.GetName(), "tokens/") }},
		{name: "role", text: role},
		{name: "unit", text: (*reportingv1.Token).GetUnit},
		{name: "form", text: (*reportingv1.Token).GetForm},
		{name: "display_name", text: (*reportingv1.Token).GetDisplayName},
		{name: "create_time", text: func(t *reportingv1.Token) string { return instant(t.GetCreateTime()) }},
		{name: "expire_time", text: func(t *reportingv1.Token) string { return instant(t.GetExpireTime()) }},
		{name: "revoke_time", text: func(t *reportingv1.Token) string { return instant(t.GetRevokeTime()) }},
		{name: "start_time", text: func(t *reportingv1.Token) string { return instant(t.GetStartTime()) }},
		{name: "own_reports", text: func(t *reportingv1.Token) string { return yes(t.GetOwnReports()) }},
		{name: "last_use_time", text: func(t *reportingv1.Token) string { return instant(t.GetLastUseTime()) }},
	},
	json: messageJSON[*reportingv1.Token],
}

type tokenRevokeCmd struct {
	Token string `arg:"" help:"Id of the token, as the list shows it; not its text."`
}

// Help shows how it is used.
func (tokenRevokeCmd) Help() string {
	return `Examples:

    tonghop token revoke k3m9q2x7v1ab`
}

// Run revokes a token.
func (c *tokenRevokeCmd) Run(ctx context.Context, s *session) error {
	if strings.HasPrefix(c.Token, "th_") {
		return s.usage("this is the text of a token: give its id, which is the middle part between the two underscores")
	}
	return s.with(ctx, func(to *client.Client) error {
		t, err := to.RevokeToken(ctx, &reportingv1.RevokeTokenRequest{Name: "tokens/" + strings.TrimPrefix(c.Token, "tokens/")})
		if err != nil {
			return err
		}
		return one(s, t, tokenPairs(t))
	})
}
