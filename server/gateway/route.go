package gateway

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// route is what the contract says of one HTTP method and path. The generated code knows it too, but drops without a word
// what it has no use for; with this table it can be refused.
type route struct {
	verb, template string
	// path matches the template, for telling which methods a path has.
	path *regexp.Regexp
	// input is what the parameters and the body fill.
	input protoreflect.MessageType
	// bodyOf is what the body holds; nil if there is none.
	bodyOf protoreflect.MessageType
	// taken are the fields that parameters may not name: those of the path and of the body.
	taken map[protoreflect.Name]bool
	// whole says that the body is the request, so that there are no parameters at all.
	whole bool
	// etag is where If-Match goes: the fields from the request down. Empty: nowhere.
	etag []protoreflect.FieldDescriptor
	// mask is the request's field mask, if it has one.
	mask protoreflect.FieldDescriptor
	// long says that the answer takes its time: a stream, or an upload.
	long bool
	// upload says that the body is a file, parts that it is several.
	upload, parts bool
}

func (r *route) key() string { return r.verb + " " + r.template }

// routesOf reads the HTTP bindings of every method of a package.
func routesOf(pkg protoreflect.FullName) (map[string]*route, error) {
	routes := map[string]*route{}
	var wrong error
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if err := addRoutes(routes, methods.Get(j)); err != nil {
					wrong = err
				}
			}
		}
		return wrong == nil
	})
	return routes, wrong
}

func addRoutes(routes map[string]*route, method protoreflect.MethodDescriptor) error {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil
	}
	for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		r, err := newRoute(method, binding)
		if err != nil {
			return fmt.Errorf("the HTTP binding of %s: %w", method.FullName(), err)
		}
		routes[r.key()] = r
	}
	return nil
}

// variable is a field that is bound by a path, with the pattern of its value; bare is one without, which is one part of
// the path. The generated code writes it with the pattern.
var (
	variable = regexp.MustCompile(`\{([a-z_.]+)=([^}]*)\}`)
	bare     = regexp.MustCompile(`\{([a-z_.]+)\}`)
)

func newRoute(method protoreflect.MethodDescriptor, rule *annotations.HttpRule) (*route, error) {
	r := &route{taken: map[protoreflect.Name]bool{}, long: method.IsStreamingServer()}
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		r.verb, r.template = http.MethodGet, p.Get
	case *annotations.HttpRule_Post:
		r.verb, r.template = http.MethodPost, p.Post
	case *annotations.HttpRule_Patch:
		r.verb, r.template = http.MethodPatch, p.Patch
	default:
		return nil, fmt.Errorf("%T is not known to the gateway", p)
	}
	r.template = bare.ReplaceAllString(r.template, "{$1=*}")
	var err error
	if r.path, err = pathOf(r.template); err != nil {
		return nil, err
	}
	if r.input, err = protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName()); err != nil {
		return nil, err
	}
	for _, found := range variable.FindAllStringSubmatch(r.template, -1) {
		first, _, _ := strings.Cut(found[1], ".")
		r.taken[protoreflect.Name(first)] = true
	}
	fields := method.Input().Fields()
	r.etag = fieldPath(fields.ByName("etag"))
	r.mask = fields.ByName("update_mask")
	switch body := rule.GetBody(); body {
	case "":
	case "*":
		r.whole, r.bodyOf = true, r.input
	default:
		field := fields.ByName(protoreflect.Name(body))
		if field == nil || field.Message() == nil {
			return nil, fmt.Errorf("the body %q is no message of the request", body)
		}
		r.taken[field.Name()] = true
		if r.bodyOf, err = protoregistry.GlobalTypes.FindMessageByName(field.Message().FullName()); err != nil {
			return nil, err
		}
		// A resource that is created has no etag yet: the field is there, and nobody looks at it.
		if r.verb == http.MethodPatch {
			r.etag = fieldPath(field, field.Message().Fields().ByName("etag"))
		}
	}
	return r, nil
}

// fieldPath gives nothing if one of the fields is not there.
func fieldPath(fields ...protoreflect.FieldDescriptor) []protoreflect.FieldDescriptor {
	if slices.Contains(fields, nil) {
		return nil
	}
	return fields
}

// pathOf makes an expression of a template.
func pathOf(template string) (*regexp.Regexp, error) {
	plain := regexp.QuoteMeta(variable.ReplaceAllString(template, "$2"))
	return regexp.Compile("^" + strings.ReplaceAll(plain, `\*`, "[^/]+") + "$")
}

// verbsOf are the HTTP methods that a path has, in order.
func (g *Gateway) verbsOf(path string) []string {
	var verbs []string
	for _, r := range g.routes {
		if r.path.MatchString(path) && !slices.Contains(verbs, r.verb) {
			verbs = append(verbs, r.verb)
		}
	}
	slices.Sort(verbs)
	return verbs
}
