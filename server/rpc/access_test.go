package rpc_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

func TestATokenIsIssuedOnceUsedAndRevoked(t *testing.T) {
	s := rpctest.New(t).Populate()
	access, admin := reportingv1.NewAccessServiceClient(s.Conn), s.As(s.Admin)
	request := &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_REPORTER, Unit: "30280", Form: "cds", DisplayName: "Trần Thị B",
		Lifetime: durationpb.New(48 * time.Hour), RequestId: s.NewID(), ValidateOnly: true,
	}
	preview, err := access.CreateToken(admin, request)
	s.Must(err)
	if preview.GetSecret() != "" || preview.GetToken().GetName() != "" || preview.GetToken().GetReceipt() != nil {
		t.Errorf("preview = %v", preview)
	}
	request.ValidateOnly = false
	made, err := access.CreateToken(admin, request)
	s.Must(err)
	token := made.GetToken()
	if made.GetSecret() == "" || token.GetUnit() != "30280-0" || token.GetForm() != "CDS" || token.GetRole() != reportingv1.Role_ROLE_REPORTER ||
		!token.GetExpireTime().AsTime().Equal(rpctest.Noon.Add(48*time.Hour)) || token.GetRevokeTime() != nil || token.GetReceipt() == nil {
		t.Errorf("made = %v", token)
	}
	again, err := access.CreateToken(admin, request)
	s.Must(err)
	if again.GetSecret() != "" || again.GetToken().GetName() != token.GetName() || !again.GetToken().GetReceipt().GetReplayed() {
		t.Errorf("the repetition = %v", again)
	}
	me, err := access.GetCaller(s.As(made.GetSecret()), &reportingv1.GetCallerRequest{})
	s.Must(err)
	if me.GetName() != token.GetName() || me.GetDisplayName() != "Trần Thị B" || me.GetStamp() == nil {
		t.Errorf("the caller is %v", me)
	}
	list, err := access.ListTokens(admin, &reportingv1.ListTokensRequest{})
	s.Must(err)
	if len(list.GetTokens()) != 2 || list.GetStamp() == nil {
		t.Errorf("tokens = %v", list)
	}
	revoked, err := access.RevokeToken(admin, &reportingv1.RevokeTokenRequest{Name: token.GetName(), RequestId: s.NewID()})
	s.Must(err)
	if revoked.GetRevokeTime() == nil || revoked.GetReceipt() == nil {
		t.Errorf("revoked = %v", revoked)
	}
	_, err = access.GetCaller(s.As(made.GetSecret()), &reportingv1.GetCallerRequest{})
	wants(t, err, "Unauthenticated TOKEN_INVALID")
}

func TestAWrongTokenIsNotIssued(t *testing.T) {
	s := rpctest.New(t).Populate()
	access := reportingv1.NewAccessServiceClient(s.Conn)
	district := s.Token(auth.Administrator, "803")
	for _, c := range []struct {
		token, want, field string
		request            *reportingv1.CreateTokenRequest
	}{
		{s.Admin, "InvalidArgument ROLE_UNKNOWN", "role", &reportingv1.CreateTokenRequest{}},
		{s.Admin, "InvalidArgument ROLE_UNKNOWN", "role", &reportingv1.CreateTokenRequest{Role: 42}},
		{s.Admin, "InvalidArgument UNIT_REQUIRED", "unit", &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_REPORTER}},
		{s.Admin, "InvalidArgument LIFETIME_INVALID", "lifetime", &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER, Lifetime: durationpb.New(0)}},
		{s.Admin, "InvalidArgument LIFETIME_INVALID", "lifetime", &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER, Lifetime: durationpb.New(-time.Hour)}},
		{district, "PermissionDenied GRANT_TOO_WIDE", "", &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER}},
		{district, "NotFound UNIT_NOT_FOUND", "unit", &reportingv1.CreateTokenRequest{Role: reportingv1.Role_ROLE_VIEWER, Unit: "804"}},
	} {
		c.request.RequestId = s.NewID()
		if _, err := access.CreateToken(s.As(c.token), c.request); reason(err) != c.want || fields(err) != c.field {
			t.Errorf("%v: error = %s at %q, want %s at %q", c.request, reason(err), fields(err), c.want, c.field)
		}
	}
	_, err := access.RevokeToken(s.As(s.Admin), &reportingv1.RevokeTokenRequest{Name: "tokens/nobody", RequestId: s.NewID()})
	wantsField(t, err, "NotFound TOKEN_NOT_FOUND", "name")
	_, err = access.RevokeToken(s.As(s.Admin), &reportingv1.RevokeTokenRequest{Name: "nobody", RequestId: s.NewID()})
	wantsField(t, err, "InvalidArgument NAME_INVALID", "name")
}
