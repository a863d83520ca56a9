package rpc

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// open are the services that everybody may call: they tell no figures.
var open = map[string]bool{
	healthv1.Health_ServiceDesc.ServiceName:                    true,
	reflectionv1.ServerReflection_ServiceDesc.ServiceName:      true,
	reflectionv1alpha.ServerReflection_ServiceDesc.ServiceName: true,
}

// rights pairs the rights of the contract with those of the domain.
var rights = pairs[auth.Right, reportingv1.Right]{
	auth.Authenticated: reportingv1.Right_RIGHT_AUTHENTICATED,
	auth.Read:          reportingv1.Right_RIGHT_READ,
	auth.Submit:        reportingv1.Right_RIGHT_SUBMIT,
	auth.Approve:       reportingv1.Right_RIGHT_APPROVE,
	auth.Catalogue:     reportingv1.Right_RIGHT_CATALOGUE,
	auth.Grant:         reportingv1.Right_RIGHT_GRANT,
	auth.Operate:       reportingv1.Right_RIGHT_OPERATE,
	auth.Draft:         reportingv1.Right_RIGHT_DRAFT,
	auth.Send:          reportingv1.Right_RIGHT_SEND,
	auth.Calendar:      reportingv1.Right_RIGHT_CALENDAR,
	auth.Audit:         reportingv1.Right_RIGHT_AUDIT,
	auth.Published:     reportingv1.Right_RIGHT_PUBLISHED,
}

// served finds the descriptors of all methods that need a caller, by the names that grpc gives them.
func served(services map[string]grpc.ServiceInfo) (map[string]protoreflect.MethodDescriptor, error) {
	methods := map[string]protoreflect.MethodDescriptor{}
	for name, info := range services {
		if open[name] {
			continue
		}
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		service, ok := found.(protoreflect.ServiceDescriptor)
		if err != nil || !ok {
			return nil, fmt.Errorf("service %s is registered and has no descriptor", name)
		}
		for _, m := range info.Methods {
			method := service.Methods().ByName(protoreflect.Name(m.Name))
			if method == nil {
				return nil, fmt.Errorf("method %s of service %s is registered and has no descriptor", m.Name, name)
			}
			methods["/"+name+"/"+m.Name] = method
		}
	}
	return methods, nil
}

// rightsOf reads the right of every method from its option.
func rightsOf(methods map[string]protoreflect.MethodDescriptor) (map[string]auth.Right, error) {
	found := make(map[string]auth.Right, len(methods))
	for name, method := range methods {
		stated, _ := proto.GetExtension(method.Options(), reportingv1.E_RequiredRight).(reportingv1.Right)
		right, ok := rights.domain(stated)
		if !ok || stated == reportingv1.Right_RIGHT_UNSPECIFIED {
			return nil, fmt.Errorf("method %s states no right: add option (required_right) to it", name)
		}
		found[name] = right
	}
	return found, nil
}

// admit finds the caller and refuses whoever has no valid token, or a role that never has the method's right: that
// tells nothing about the data. Whether he has it here is for the use case to ask, in the transaction that answers.
func (d *door) admit(ctx context.Context) error {
	c := callOf(ctx)
	service, _, _ := strings.Cut(strings.TrimPrefix(c.method, "/"), "/")
	if open[service] {
		return nil
	}
	right, stated := d.rights[c.method]
	if !stated {
		return fault.Denied("METHOD_CLOSED", "this method is open to nobody")
	}
	c.peer = d.peerOf(ctx)
	if err := d.gate.address(c.peer.Address, d.now()); err != nil {
		return err
	}
	// Whoever sends a token that is not good is not taken for the public: he would not learn that it has ended.
	if right == auth.Published && c.peer.Fingerprint == "" && len(metadata.ValueFromIncomingContext(ctx, "authorization")) == 0 {
		if public, open := d.service.Public(); open {
			c.caller = public
			return nil
		}
	}
	caller, err := d.authenticate(ctx, c)
	if err != nil {
		return err
	}
	c.caller = caller
	if err := d.recordable(ctx, c, right); err != nil {
		return err
	}
	if local := caller.Token.ID == "" && caller.Principal == reporting.LocalPrincipal; local {
		return nil // the operator of the machine may do more than any one role; the use case knows what
	}
	if err := d.gate.caller(caller, d.now()); err != nil {
		return err
	}
	if role := caller.Token.Role; !role.Holds(right) {
		return fault.Denied("RIGHT_MISSING",
			"the role %s does not have the right %s; ask the administrator of your unit", role, right).
			With("role", role.String()).With("right", right.String())
	}
	return nil
}

// authenticate finds the caller: by the token that he sent, ours or one that an issuer signed, or else by the certificate
// of his machine.
func (d *door) authenticate(ctx context.Context, c *call) (auth.Caller, error) {
	if c.peer.Fingerprint != "" && len(metadata.ValueFromIncomingContext(ctx, "authorization")) == 0 {
		return d.service.AuthenticatePeer(ctx, c.peer)
	}
	secret, err := bearer(ctx)
	if err != nil {
		return auth.Caller{}, err
	}
	if id, _, err := auth.ParseSecret(secret.Reveal()); err == nil {
		c.credential = id
	}
	if d.person == nil || auth.IsSecret(secret.Reveal()) {
		return d.service.Authenticate(ctx, secret)
	}
	person, err := d.person(ctx, secret.Reveal())
	if err != nil {
		return auth.Caller{}, err
	}
	return d.service.AuthenticatePerson(ctx, person)
}

// bearer takes the token out of the metadata.
func bearer(ctx context.Context) (auth.Secret, error) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	switch len(values) {
	case 0:
		return "", fault.Unauthenticated("TOKEN_MISSING", `no token was sent; send it as "authorization: Bearer TOKEN"`)
	case 1:
	default:
		// Whoever looks at the first and whoever looks at the last would see two callers.
		return "", fault.Unauthenticated("TOKEN_REPEATED", "the token was sent %d times; send it once", len(values))
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", fault.Unauthenticated("TOKEN_MISSING", `no token was sent; send it as "authorization: Bearer TOKEN"`)
	}
	return auth.Secret(strings.TrimSpace(token)), nil
}

func (d *door) admitUnary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	allowed := defaultDeadline
	if _, asked := ctx.Deadline(); asked {
		allowed = longestDeadline // the caller's own, where it is shorter
	}
	ctx, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	if err := d.admit(ctx); err != nil {
		return nil, err
	}
	leave, err := d.gate.enter(d.rights[callOf(ctx).method])
	if err != nil {
		return nil, err
	}
	defer leave()
	return handler(ctx, request)
}

func (d *door) admitStream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx := stream.Context()
	if err := d.admit(ctx); err != nil {
		return err
	}
	if p, ok := stream.(*patient); ok && callerOf(ctx).Principal != "" {
		caller := callerOf(ctx)
		defer p.guard(func(ctx context.Context) error { return d.service.StillAdmitted(ctx, caller) })()
	}
	return handler(server, stream)
}
