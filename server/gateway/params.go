package gateway

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/server/fault"
)

// parameters reads the query of a URL. The generated code would skip what it does not know, take the last of two values
// for one field, and answer with the words of strconv; here each is refused by name. An enumeration may be written
// short: basis=provisional.
func (r *route) parameters(query string) (url.Values, error) {
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, fault.Invalid("PARAMETER_INVALID", "the part of the URL behind the question mark cannot be read; escape what is not a letter or digit")
	}
	var wrong fault.List
	seen := map[protoreflect.Name]string{}
	for _, name := range sortedKeys(given) {
		field := r.parameter(name)
		if field == nil {
			wrong.Add(r.unknownParameter(name))
			continue
		}
		if other, twice := seen[field.Name()]; twice {
			wrong.Add(fault.Invalid("PARAMETER_REPEATED", "%s and %s are the same parameter; give one of them", other, name).
				With("parameter", name).In(string(field.Name())))
		}
		seen[field.Name()] = name
		given[name] = writtenOut(field, given[name])
		wrong.Add(r.readable(field, name, given[name]))
	}
	return given, wrong.Err()
}

// parameter finds the field that a parameter fills: one of the request itself, by either of its names.
func (r *route) parameter(name string) protoreflect.FieldDescriptor {
	fields := r.input.Descriptor().Fields()
	field := fields.ByName(protoreflect.Name(name))
	if field == nil {
		field = fields.ByJSONName(name)
	}
	if field == nil || r.whole || r.taken[field.Name()] || field.Message() != nil && field != r.mask && !isInstant(field) {
		return nil
	}
	return field
}

// isInstant says whether a field is a message that a parameter can write all the same.
func isInstant(field protoreflect.FieldDescriptor) bool {
	return field.Message().FullName() == (*timestamppb.Timestamp)(nil).ProtoReflect().Descriptor().FullName()
}

func (r *route) unknownParameter(name string) error {
	if r.whole {
		return fault.Invalid("PARAMETER_UNKNOWN", "the parameter %q is not read here; the whole request is the body, put it in there", shorten(name)).
			With("parameter", shorten(name))
	}
	known := strings.Join(r.known(), ", ")
	return fault.Invalid("PARAMETER_UNKNOWN", "there is no parameter %q here; there are: %s", shorten(name), known).
		With("parameter", shorten(name)).With("list", known)
}

// known lists the parameters.
func (r *route) known() []string {
	var list []string
	fields := r.input.Descriptor().Fields()
	for i := range fields.Len() {
		if name := fields.Get(i).JSONName(); r.parameter(name) != nil {
			list = append(list, name)
		}
	}
	return list
}

// readable tells a value that cannot be what its field is.
func (r *route) readable(field protoreflect.FieldDescriptor, name string, values []string) error {
	text := strings.Join(values, ", ")
	if utf8.ValidString(text) {
		one := url.Values{name: values}
		if runtime.PopulateQueryParameters(r.input.New().Interface(), one, utilities.NewDoubleArray(nil)) == nil {
			return nil
		}
	}
	return fault.Invalid("PARAMETER_INVALID", "the parameter %s %q cannot be read; give %s", name, shorten(strings.ToValidUTF8(text, "�")), wantedBy(field)).
		With("parameter", name).With("value", shorten(strings.ToValidUTF8(text, "�"))).In(string(field.Name()))
}

// wantedBy says what a field takes.
func wantedBy(field protoreflect.FieldDescriptor) string {
	switch field.Kind() { //nolint:exhaustive // the rest is text
	case protoreflect.BoolKind:
		return "true or false, once"
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return "one whole number"
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		list := make([]string, values.Len())
		for i := range list {
			list[i] = string(values.Get(i).Name())
		}
		return "one of " + strings.Join(list, ", ")
	case protoreflect.MessageKind:
		if isInstant(field) {
			return "one instant, such as 2024-03-03T10:00:00Z; the + of a zone is written %2B"
		}
	}
	return "one text in UTF-8"
}

// writtenOut gives the full names of an enumeration's values.
func writtenOut(field protoreflect.FieldDescriptor, values []string) []string {
	enum := field.Enum()
	if enum == nil {
		return values
	}
	prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
	full := slices.Clone(values)
	for i, v := range values {
		if name := protoreflect.Name(prefix + strings.ToUpper(v)); enum.Values().ByName(name) != nil {
			full[i] = string(name)
		}
	}
	return full
}

func sortedKeys(values url.Values) []string {
	keys := make([]string, 0, len(values))
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
