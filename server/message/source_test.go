package message_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// constructors are the functions of fault that take a reason, with the place of that argument.
var constructors = map[string]int{
	"New": 1, "Invalid": 0, "NotFound": 0, "Exists": 0, "Conflict": 0, "Precondition": 0, "Denied": 0,
	"Unauthenticated": 0, "Exhausted": 0, "Unavailable": 0, "DataLoss": 0,
}

// source is what the walk over the server's source found.
type source struct {
	files *token.FileSet
	rooms map[string]*room // by folder
	// reasons has for each reason one place where it is made.
	reasons map[string]string
	// keys are all that With is ever given.
	keys map[string]bool
	// lost are the places where a reason could not be found out.
	lost []string
}

// room is one package.
type room struct {
	files []*ast.File
	// constants are its string constants.
	constants map[string]string
	// takers are its own functions that hand a parameter on as a reason, with the place of the parameter.
	takers map[string]int
}

// readSource parses every Go file of the server but tests.
func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{files: token.NewFileSet(), rooms: map[string]*room{}, reasons: map[string]string{}, keys: map[string]bool{}}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "testdata" {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(s.files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		if s.rooms[dir] == nil {
			s.rooms[dir] = &room{constants: map[string]string{}, takers: map[string]int{}}
		}
		s.rooms[dir].files = append(s.rooms[dir].files, parsed)
		s.rooms[dir].readConstants(parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.rooms {
		// A helper may call a helper: look until no new one turns up.
		for before := -1; before != len(r.takers); {
			before = len(r.takers)
			r.findTakers()
		}
	}
	for dir, r := range s.rooms {
		for _, f := range r.files {
			s.readFile(dir, r, f)
		}
	}
	return s
}

func (r *room) readConstants(f *ast.File) {
	for _, d := range f.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			continue
		}
		for _, spec := range decl.Specs {
			values := spec.(*ast.ValueSpec)
			for i, v := range values.Values {
				if s, ok := literal(v); ok {
					r.constants[values.Names[i].Name] = s
				}
			}
		}
	}
}

// findTakers finds functions of the room that hand a parameter to a place where a reason is taken.
func (r *room) findTakers() {
	r.calls(func(in *ast.FuncDecl, _ *ast.CallExpr, reason ast.Expr) {
		name, ok := reason.(*ast.Ident)
		if !ok || in == nil {
			return
		}
		at := 0
		for _, field := range in.Type.Params.List {
			for _, param := range field.Names {
				if param.Name == name.Name {
					r.takers[in.Name.Name] = at
				}
				at++
			}
		}
	})
}

// calls visits every call that is given a reason.
func (r *room) calls(visit func(in *ast.FuncDecl, call *ast.CallExpr, reason ast.Expr)) {
	for _, f := range r.files {
		for _, d := range f.Decls {
			in, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if at := r.reasonAt(f, call); at >= 0 && at < len(call.Args) {
						visit(in, call, call.Args[at])
					}
				}
				return true
			})
		}
	}
}

// reasonAt gives the place of the reason among the arguments of a call; -1 if it takes none.
func (r *room) reasonAt(f *ast.File, call *ast.CallExpr) int {
	fun := call.Fun
	if generic, ok := fun.(*ast.IndexExpr); ok {
		fun = generic.X
	}
	name, of := "", ""
	switch x := fun.(type) {
	case *ast.Ident:
		name = x.Name
	case *ast.SelectorExpr:
		name = x.Sel.Name
		if id, ok := x.X.(*ast.Ident); ok {
			of = id.Name
		}
	}
	if at, ok := constructors[name]; ok && (of == "fault" || of == "" && f.Name.Name == "fault") {
		return at
	}
	if at, ok := r.takers[name]; ok {
		return at
	}
	return -1
}

func (s *source) readFile(dir string, r *room, f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			if sel, ok := x.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "With" && len(x.Args) == 2 {
				if key, ok := literal(x.Args[0]); ok {
					s.keys[key] = true
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := x.Key.(*ast.Ident); ok && key.Name == "Reason" {
				if reason, ok := s.reason(r, x.Value); ok && isReason(reason) {
					s.reasons[reason] = s.files.Position(x.Pos()).String()
				}
			}
		}
		return true
	})
	one := room{files: []*ast.File{f}, takers: r.takers}
	one.calls(func(in *ast.FuncDecl, call *ast.CallExpr, value ast.Expr) {
		place := s.files.Position(call.Pos()).String()
		reasons := s.possible(r, in, value)
		for _, reason := range reasons {
			s.reasons[reason] = place
		}
		if len(reasons) == 0 && !isParameter(in, value) {
			s.lost = append(s.lost, fmt.Sprintf("%s (%s)", place, dir))
		}
	})
}

// possible gives the reasons that an expression can be: a literal, a constant, what a function of the room returns, or a
// variable of the function that is given literals.
func (s *source) possible(r *room, in *ast.FuncDecl, value ast.Expr) []string {
	if reason, ok := s.reason(r, value); ok {
		return []string{reason}
	}
	if call, ok := value.(*ast.CallExpr); ok {
		return r.returned(call)
	}
	name, ok := value.(*ast.Ident)
	if !ok || in == nil {
		return nil
	}
	var found []string
	ast.Inspect(in, func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok || len(assign.Lhs) != len(assign.Rhs) {
			return true
		}
		for i, left := range assign.Lhs {
			if id, ok := left.(*ast.Ident); ok && id.Name == name.Name {
				if reason, ok := s.reason(r, assign.Rhs[i]); ok {
					found = append(found, reason)
				}
			}
		}
		return true
	})
	return found
}

// returned gives the literals that a function of the room returns.
func (r *room) returned(call *ast.CallExpr) []string {
	var found []string
	name, _ := call.Fun.(*ast.Ident)
	for _, f := range r.files {
		for _, d := range f.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || name == nil || decl.Name.Name != name.Name {
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if back, ok := n.(*ast.ReturnStmt); ok && len(back.Results) == 1 {
					if reason, ok := literal(back.Results[0]); ok {
						found = append(found, reason)
					}
				}
				return true
			})
		}
	}
	return found
}

func (s *source) reason(r *room, value ast.Expr) (string, bool) {
	switch x := value.(type) {
	case *ast.BasicLit:
		return literal(x)
	case *ast.Ident:
		reason, ok := r.constants[x.Name]
		return reason, ok
	case *ast.SelectorExpr:
		of, ok := x.X.(*ast.Ident)
		for dir, other := range s.rooms {
			if ok && filepath.Base(dir) == of.Name {
				if reason, known := other.constants[x.Sel.Name]; known {
					return reason, true
				}
			}
		}
	}
	return "", false
}

func isParameter(in *ast.FuncDecl, value ast.Expr) bool {
	name, ok := value.(*ast.Ident)
	if !ok || in == nil {
		return false
	}
	for _, field := range in.Type.Params.List {
		for _, param := range field.Names {
			if param.Name == name.Name {
				return true
			}
		}
	}
	return false
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

func isReason(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ", s[:1])
}
