package rpc

import (
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
)

// everyMethod walks the contract itself, not what happens to be registered.
func everyMethod(t *testing.T) map[string]protoreflect.MethodDescriptor {
	t.Helper()
	methods := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFilesByPackage("reporting.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				methods["/"+string(service.FullName())+"/"+string(m.Name())] = m
			}
		}
		return true
	})
	return methods
}

func TestEveryMethodOfTheContractStatesItsRight(t *testing.T) {
	methods := everyMethod(t)
	if len(methods) < 35 {
		t.Fatalf("only %d methods were found; the walk is broken", len(methods))
	}
	rights, err := rightsOf(methods)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]auth.Right{
		"/reporting.v1.UnitService/GetUnit":              auth.Read,
		"/reporting.v1.UnitService/ImportUnits":          auth.Catalogue,
		"/reporting.v1.ReportService/SubmitReport":       auth.Submit,
		"/reporting.v1.ReportService/ReturnReport":       auth.Approve,
		"/reporting.v1.AccessService/CreateToken":        auth.Grant,
		"/reporting.v1.AccessService/GetCaller":          auth.Authenticated,
		"/reporting.v1.OperationService/VerifyStore":     auth.Audit,
		"/reporting.v1.IndicatorService/GetIndicator":    auth.Read,
		"/reporting.v1.ReportService/StreamReports":      auth.Submit,
		"/reporting.v1.ChangeService/WatchChanges":       auth.Read,
		"/reporting.v1.RollupService/ExplainRollup":      auth.Read,
		"/reporting.v1.FormService/UpdateForm":           auth.Catalogue,
		"/reporting.v1.ReportService/ApproveReport":      auth.Approve,
		"/reporting.v1.AccessService/RevokeToken":        auth.Grant,
		"/reporting.v1.OperationService/GetStatus":       auth.Authenticated,
		"/reporting.v1.IndicatorService/UpdateIndicator": auth.Catalogue,
	} {
		if rights[name] != want {
			t.Errorf("%s asks for %s, want %s", name, rights[name], want)
		}
	}
}

// TestAMethodWithoutARightIsNotServed makes a service whose method forgot the option.
func TestAMethodWithoutARightIsNotServed(t *testing.T) {
	for name, options := range map[string]*descriptorpb.MethodOptions{
		"forgotten":   {},
		"unspecified": withRight(reportingv1.Right_RIGHT_UNSPECIFIED),
		"unknown":     withRight(99),
	} {
		file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
			Syntax: proto.String("proto3"), Name: proto.String("test.proto"), Package: proto.String("test"),
			MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
			Service: []*descriptorpb.ServiceDescriptorProto{{
				Name: proto.String("S"), Method: []*descriptorpb.MethodDescriptorProto{{
					Name: proto.String("Open"), InputType: proto.String(".test.M"), OutputType: proto.String(".test.M"), Options: options,
				}},
			}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rightsOf(map[string]protoreflect.MethodDescriptor{"/test.S/Open": file.Services().Get(0).Methods().Get(0)})
		if err == nil || !strings.Contains(err.Error(), "/test.S/Open states no right") {
			t.Errorf("%s: rightsOf error = %v, want a refusal", name, err)
		}
	}
}

func withRight(r reportingv1.Right) *descriptorpb.MethodOptions {
	o := &descriptorpb.MethodOptions{}
	proto.SetExtension(o, reportingv1.E_RequiredRight, r)
	return o
}

func TestAServiceWithoutADescriptorIsNotServed(t *testing.T) {
	if _, err := served(map[string]grpc.ServiceInfo{"test.Nobody": {}}); err == nil {
		t.Error("served an unknown service")
	}
	if _, err := served(map[string]grpc.ServiceInfo{"reporting.v1.UnitService": {Methods: []grpc.MethodInfo{{Name: "Forget"}}}}); err == nil {
		t.Error("served an unknown method")
	}
}
