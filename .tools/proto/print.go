package main

import (
	"bytes"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"
)

// printFile writes a descriptor as a .proto file that compiles to the same descriptor. It knows what the google.api files
// use, not the whole language; checkImports finds what it does not know.
func printFile(file *descriptorpb.FileDescriptorProto) ([]byte, error) {
	if file.GetSyntax() != "proto3" {
		return nil, fmt.Errorf("the syntax is %q and the printer knows proto3 alone", file.GetSyntax())
	}
	p := &printer{}
	p.line("// Printed by .tools/proto from the descriptor that the Go packages in go.mod carry.")
	p.line("syntax = %q;", file.GetSyntax())
	p.line("package %s;", file.GetPackage())
	for i, name := range file.GetDependency() {
		p.line("import %s%q;", publicWord(file, i), name)
	}
	p.line("option go_package = %q;", file.GetOptions().GetGoPackage())
	p.extensions(file.GetExtension())
	for _, enum := range file.GetEnumType() {
		p.enum(enum)
	}
	for _, message := range file.GetMessageType() {
		p.message(message)
	}
	if len(file.GetService()) > 0 {
		return nil, fmt.Errorf("it has services and the printer knows none")
	}
	return p.out.Bytes(), nil
}

func publicWord(file *descriptorpb.FileDescriptorProto, dependency int) string {
	for _, public := range file.GetPublicDependency() {
		if int(public) == dependency {
			return "public "
		}
	}
	return ""
}

type printer struct {
	out   bytes.Buffer
	depth int
}

func (p *printer) line(format string, args ...any) {
	p.out.WriteString(strings.Repeat("  ", p.depth))
	fmt.Fprintf(&p.out, format, args...)
	p.out.WriteByte('\n')
}

// block writes "head {", the body one step to the right, and "}".
func (p *printer) block(head string, body func()) {
	p.line("%s {", head)
	p.depth++
	body()
	p.depth--
	p.line("}")
}

func (p *printer) enum(enum *descriptorpb.EnumDescriptorProto) {
	p.block("enum "+enum.GetName(), func() {
		if enum.GetOptions().GetAllowAlias() {
			p.line("option allow_alias = true;")
		}
		for _, value := range enum.GetValue() {
			p.line("%s = %d;", value.GetName(), value.GetNumber())
		}
	})
}

func (p *printer) message(message *descriptorpb.DescriptorProto) {
	p.block("message "+message.GetName(), func() {
		maps := map[string]*descriptorpb.DescriptorProto{}
		for _, nested := range message.GetNestedType() {
			if nested.GetOptions().GetMapEntry() {
				maps[nested.GetName()] = nested
			} else {
				p.message(nested)
			}
		}
		for _, enum := range message.GetEnumType() {
			p.enum(enum)
		}
		p.extensions(message.GetExtension())
		p.fields(message, maps)
	})
}

// fields keeps their order, with each oneof where its first member stands. The hidden oneofs that protobuf makes for optional
// fields are not written.
func (p *printer) fields(message *descriptorpb.DescriptorProto, maps map[string]*descriptorpb.DescriptorProto) {
	written := map[int32]bool{}
	for _, field := range message.GetField() {
		index := field.GetOneofIndex()
		switch {
		case field.OneofIndex == nil || field.GetProto3Optional():
			p.field(field, maps)
		case !written[index]:
			written[index] = true
			p.block("oneof "+message.GetOneofDecl()[index].GetName(), func() {
				for _, member := range message.GetField() {
					if member.OneofIndex != nil && member.GetOneofIndex() == index {
						p.field(member, nil)
					}
				}
			})
		}
	}
}

// extensions groups neighbours that extend the same message, as people write them.
func (p *printer) extensions(fields []*descriptorpb.FieldDescriptorProto) {
	for len(fields) > 0 {
		same := 1
		for same < len(fields) && fields[same].GetExtendee() == fields[0].GetExtendee() {
			same++
		}
		p.block("extend "+fields[0].GetExtendee(), func() {
			for _, field := range fields[:same] {
				p.field(field, nil)
			}
		})
		fields = fields[same:]
	}
}

func (p *printer) field(field *descriptorpb.FieldDescriptorProto, maps map[string]*descriptorpb.DescriptorProto) {
	label := ""
	kind := typeName(field)
	switch entry := maps[lastName(field.GetTypeName())]; {
	case entry != nil:
		kind = fmt.Sprintf("map<%s, %s>", typeName(entry.GetField()[0]), typeName(entry.GetField()[1]))
	case field.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		label = "repeated "
	case field.GetProto3Optional():
		label = "optional "
	}
	p.line("%s%s %s = %d [json_name = %q];", label, kind, field.GetName(), field.GetNumber(), field.GetJsonName())
}

// typeName is the type as written in a file: a scalar's keyword, or the full name with its leading dot.
func typeName(field *descriptorpb.FieldDescriptorProto) string {
	if field.GetTypeName() != "" {
		return field.GetTypeName()
	}
	return strings.ToLower(strings.TrimPrefix(field.GetType().String(), "TYPE_"))
}

func lastName(name string) string {
	return name[strings.LastIndexByte(name, '.')+1:]
}
