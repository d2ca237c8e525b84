package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// Package is one package, parsed and type-checked as far as its sources are there.
type Package struct {
	Types *types.Package
	Files []*ast.File
	Info  *types.Info
}

// Loader parses and type-checks packages of the given modules on demand. A package of any other module is an empty
// one: what it would say is unknown, and the errors that follow from it are ignored.
type Loader struct {
	files    *token.FileSet
	folders  map[string]string
	packages map[string]*Package
	bodies   map[types.Object]*Function
}

// Function is a declared function with the package that it is in.
type Function struct {
	Package *Package
	Decl    *ast.FuncDecl
}

func newLoader(folders map[string]string) *Loader {
	return &Loader{token.NewFileSet(), folders, map[string]*Package{}, map[types.Object]*Function{}}
}

// folder returns where the sources of a package are, or "".
func (l *Loader) folder(importPath string) string {
	for module, folder := range l.folders {
		if rest, found := strings.CutPrefix(importPath, module+"/"); found {
			return filepath.Join(folder, rest)
		}
	}
	return ""
}

// Import implements types.Importer.
func (l *Loader) Import(importPath string) (*types.Package, error) {
	return l.load(importPath).Types, nil
}

func (l *Loader) load(importPath string) *Package {
	if found, done := l.packages[importPath]; done {
		return found
	}
	empty := types.NewPackage(importPath, path.Base(importPath))
	empty.MarkComplete()
	loaded := &Package{Types: empty, Info: newInfo()}
	l.packages[importPath] = loaded // an import cycle through a fake package ends here
	if folder := l.folder(importPath); folder != "" {
		l.read(importPath, folder, loaded)
	}
	return loaded
}

func newInfo() *types.Info {
	return &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
}

func (l *Loader) read(importPath, folder string, into *Package) {
	names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	sort.Strings(names)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_windows.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if file, err := parser.ParseFile(l.files, name, text, parser.ParseComments); err == nil {
			into.Files = append(into.Files, file)
		}
	}
	config := types.Config{Importer: l, Error: func(error) {}, FakeImportC: true, IgnoreFuncBodies: !interpreted.MatchString(importPath)}
	checked, _ := config.Check(importPath, l.files, into.Files, into.Info)
	if checked == nil {
		return
	}
	checked.MarkComplete()
	into.Types = checked
	for _, file := range into.Files {
		for _, decl := range file.Decls {
			if function, is := decl.(*ast.FuncDecl); is && function.Body != nil {
				if object := into.Info.Defs[function.Name]; object != nil {
					l.bodies[object] = &Function{into, function}
				}
			}
		}
	}
}

// interpreted are the packages whose functions are followed; of all others only the declarations count.
var interpreted = regexp.MustCompile(`^k8s\.io/(kubernetes/pkg/(api|apis|registry)|apiextensions-apiserver/pkg/(apis|registry))/`)

// under lists the import paths of all folders below one that have Go files in them.
func (l *Loader) under(importPath string) []string {
	root := l.folder(importPath)
	found := map[string]bool{}
	_ = filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			relative, _ := filepath.Rel(root, filepath.Dir(name))
			found[path.Join(importPath, filepath.ToSlash(relative))] = true
		}
		return nil
	})
	return sorted(found)
}

func sorted[V any](set map[string]V) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
