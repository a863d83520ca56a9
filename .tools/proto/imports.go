package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	// What proto/ may import: each registers the descriptors of its files.
	_ "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2/options"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/api/visibility"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const importsDir = ".tools/googleapis"

var importLine = regexp.MustCompile(`(?m)^import\s+"([^"]+)"`)

// writeImports writes under root/.tools/googleapis every file that root/proto imports from outside, and what those import.
//
// No Go module ships these files as text any more, but the packages that our generated code is compiled against carry
// their descriptors; printed from there they can be no other version than the one at run time.
func writeImports(root string) error {
	own := filepath.Join(root, "proto")
	want := map[string]bool{}
	// Always there, because buf refuses a module without files.
	if err := collect("google/api/annotations.proto", want); err != nil {
		return err
	}
	err := filepath.WalkDir(own, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".proto" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range importLine.FindAllSubmatch(text, -1) {
			name := string(found[1])
			if _, err := os.Stat(filepath.Join(own, filepath.FromSlash(name))); err == nil {
				continue
			}
			if err := collect(name, want); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeFiles(filepath.Join(root, filepath.FromSlash(importsDir)), want)
}

// collect adds the named file and its imports to want, except those that every compiler of protobuf has by itself.
func collect(name string, want map[string]bool) error {
	if strings.HasPrefix(name, "google/protobuf/") || want[name] {
		return nil
	}
	file, err := protoregistry.GlobalFiles.FindFileByPath(name)
	if err != nil {
		return fmt.Errorf("import %q: no package known to .tools/proto/imports.go registers it; import that package there", name)
	}
	want[name] = true
	imports := file.Imports()
	for i := range imports.Len() {
		if err := collect(imports.Get(i).Path(), want); err != nil {
			return err
		}
	}
	return nil
}

func writeFiles(dir string, want map[string]bool) error {
	have, err := readTree(dir)
	if err != nil {
		return err
	}
	for name := range have {
		if !want[name] {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	for name := range want {
		file, err := protoregistry.GlobalFiles.FindFileByPath(name)
		if err != nil {
			return err
		}
		text, err := printFile(protodesc.ToFileDescriptorProto(file))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := writeIfChanged(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	return nil
}

// checkImports asks buf to compile what printFile wrote and compares the outcome with the descriptors it was printed from.
func checkImports() error {
	temp, err := os.MkdirTemp("", "tonghop-proto-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	image := filepath.Join(temp, "image.binpb")
	if err := buf("build", "--as-file-descriptor-set", "--exclude-source-info", "--output", image); err != nil {
		return err
	}
	data, err := os.ReadFile(image)
	if err != nil {
		return err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return err
	}
	for _, compiled := range set.GetFile() {
		original, err := protoregistry.GlobalFiles.FindFileByPath(compiled.GetName())
		if err != nil || strings.HasPrefix(compiled.GetName(), "google/protobuf/") {
			continue // Ours, or the compiler's own.
		}
		if !proto.Equal(bare(compiled), bare(protodesc.ToFileDescriptorProto(original))) {
			return fmt.Errorf("%s/%s does not mean what the runtime means by it: .tools/proto/print.go does not know something that it uses",
				importsDir, compiled.GetName())
		}
	}
	return nil
}

// bare is a copy without what the printer leaves out on purpose: options, which matter to other languages and to readers,
// and the reservations of names and numbers, which only matter to who edits the file.
func bare(file *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	file = proto.Clone(file).(*descriptorpb.FileDescriptorProto)
	goPackage := file.GetOptions().GetGoPackage()
	strip(file.ProtoReflect())
	file.Options = &descriptorpb.FileOptions{GoPackage: &goPackage}
	return file
}

// strip removes options and reservations from a descriptor, at every depth, except the mark of a map's hidden message.
func strip(message protoreflect.Message) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Name() == "options":
			options, ok := value.Message().Interface().(*descriptorpb.MessageOptions)
			message.Clear(field)
			if ok && options.GetMapEntry() {
				kept := &descriptorpb.MessageOptions{MapEntry: options.MapEntry}
				message.Set(field, protoreflect.ValueOfMessage(kept.ProtoReflect()))
			}
		case field.Name() == "reserved_range" || field.Name() == "reserved_name":
			message.Clear(field)
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				strip(value.List().Get(i).Message())
			}
		}
		return true
	})
}

// writeIfChanged leaves a file that is already right alone, and never shows a half-written one.
func writeIfChanged(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".writing-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(temp.Name(), 0o644)
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
