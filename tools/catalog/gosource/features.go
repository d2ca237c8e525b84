package main

import (
	"go/ast"
	"strconv"
	"strings"
)

// Gate is one feature gate in one release.
type Gate struct {
	Stage   string `json:"stage"`
	Default bool   `json:"default"`
}

// Features are the gates of a release, and the names of the constants that code refers to them by.
type Features struct {
	gates map[string]Gate
	names map[string]map[string]string // package path, constant, gate
}

var featurePackages = []string{
	"k8s.io/kubernetes/pkg/features",
	"k8s.io/apiserver/pkg/features",
	"k8s.io/apiextensions-apiserver/pkg/features",
}

// readFeatures reads the tables of feature specifications: plain ones, and versioned ones (from v1.31 or so), of which
// the last that is not newer than the release counts.
func readFeatures(l *Loader, release string) *Features {
	result := &Features{map[string]Gate{}, map[string]map[string]string{}}
	for _, importPath := range featurePackages {
		result.names[importPath] = constants(l.load(importPath))
	}
	for _, importPath := range featurePackages {
		loaded := l.load(importPath)
		for _, file := range loaded.Files {
			ast.Inspect(file, func(node ast.Node) bool {
				if pair, is := node.(*ast.KeyValueExpr); is {
					if name := result.gate(loaded, pair.Key); name != "" {
						if gate, found := specification(pair.Value, minor(release)); found {
							result.gates[name] = gate
							return false
						}
					}
				}
				return true
			})
		}
	}
	return result
}

// constants maps each string constant of a package to its value; the type of the constants is not needed.
func constants(loaded *Package) map[string]string {
	found := map[string]string{}
	for _, file := range loaded.Files {
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, is := node.(*ast.ValueSpec); is && len(spec.Values) == len(spec.Names) {
				for index, name := range spec.Names {
					if literal, is := spec.Values[index].(*ast.BasicLit); is {
						if value, err := strconv.Unquote(literal.Value); err == nil {
							found[name.Name] = value
						}
					}
				}
			}
			return true
		})
	}
	return found
}

// gate returns the gate that an expression names (`features.X`, or `X` inside the package itself), or "".
func (f *Features) gate(in *Package, expression ast.Expr) string {
	switch at := expression.(type) {
	case *ast.Ident:
		return f.names[in.Types.Path()][at.Name]
	case *ast.SelectorExpr:
		if prefix, is := at.X.(*ast.Ident); is {
			if path := imported(in, prefix); path != "" {
				return f.names[path][at.Sel.Name]
			}
		}
	}
	return ""
}

// specification reads `{Default: true, PreRelease: featuregate.Beta}`, or a list of such with versions.
func specification(value ast.Expr, release int) (Gate, bool) {
	literal, is := value.(*ast.CompositeLit)
	if !is {
		return Gate{}, false
	}
	gate, found, at := Gate{}, false, -1
	plain := false
	for _, element := range literal.Elts {
		switch element := element.(type) {
		case *ast.KeyValueExpr:
			plain = readPart(element, &gate) || plain
		case *ast.CompositeLit:
			one, since := Gate{}, 0
			for _, part := range element.Elts {
				if pair, is := part.(*ast.KeyValueExpr); is {
					readPart(pair, &one)
					if key, is := pair.Key.(*ast.Ident); is && key.Name == "Version" {
						since = versionOf(pair.Value)
					}
				}
			}
			if since <= release && since > at && one.Stage != "" {
				gate, found, at = one, true, since
			}
		}
	}
	return gate, found || plain
}

func readPart(pair *ast.KeyValueExpr, gate *Gate) bool {
	key, is := pair.Key.(*ast.Ident)
	if !is {
		return false
	}
	switch value := pair.Value.(type) {
	case *ast.Ident:
		if key.Name == "Default" {
			gate.Default = value.Name == "true"
			return true
		}
		if key.Name == "PreRelease" {
			gate.Stage = stage(value.Name)
			return true
		}
	case *ast.SelectorExpr:
		if key.Name == "PreRelease" {
			gate.Stage = stage(value.Sel.Name)
			return true
		}
	}
	return false
}

// stage returns alpha, beta, ga or deprecated; the empty constant is a name for GA.
func stage(name string) string {
	lower := strings.ToLower(name)
	if strings.Contains(lower, "alpha") {
		return "alpha"
	}
	return lower
}

// versionOf reads the minor of `version.MustParse("1.30")`.
func versionOf(expression ast.Expr) int {
	if call, is := expression.(*ast.CallExpr); is && len(call.Args) == 1 {
		if literal, is := call.Args[0].(*ast.BasicLit); is {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				return minor(text)
			}
		}
	}
	return 0
}

func minor(release string) int {
	_, rest, _ := strings.Cut(strings.TrimPrefix(release, "v"), ".")
	rest, _, _ = strings.Cut(rest, ".")
	number, _ := strconv.Atoi(rest)
	return number
}
