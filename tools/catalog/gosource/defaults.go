package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

// Default is a value that a server fills into a field that is not set.
type Default struct {
	Type  string   `json:"type"`  // k8s.io/api/batch/v1.JobSpec
	Field string   `json:"field"` // the Go name
	Value string   `json:"value"` // as JSON; empty where it is not a constant
	If    []string `json:"if"`    // conditions other than that the field is empty and what holds it is there
	In    string   `json:"in"`
}

// findDefaults reads the functions SetDefaults_… and SetObjectDefaults_…, the generated ones that hold the values of
// `+default=` markers.
func findDefaults(l *Loader) []Default {
	found := map[string]Default{}
	for _, root := range []string{"k8s.io/kubernetes/pkg/apis", "k8s.io/apiextensions-apiserver/pkg/apis"} {
		for _, importPath := range l.under(root) {
			if last := importPath[strings.LastIndex(importPath, "/")+1:]; !strings.HasPrefix(last, "v") || last == "validation" {
				continue
			}
			loaded := l.load(importPath)
			for _, function := range declared(loaded) {
				name := function.Name.Name
				if strings.HasPrefix(name, "SetDefaults_") || strings.HasPrefix(name, "SetObjectDefaults_") || strings.HasPrefix(name, "setDefault") {
					reader := defaultReader{l, loaded, map[types.Object]string{}, found, map[*ast.FuncDecl]bool{}}
					reader.statements(function.Body.List, nil)
				}
			}
		}
	}
	defaults := make([]Default, 0, len(found))
	for _, key := range sorted(found) {
		defaults = append(defaults, found[key])
	}
	sort.SliceStable(defaults, func(i, j int) bool {
		return defaults[i].Type+"."+defaults[i].Field < defaults[j].Type+"."+defaults[j].Field
	})
	return defaults
}

type defaultReader struct {
	loader *Loader
	in     *Package
	values map[types.Object]string
	found  map[string]Default
	inside map[*ast.FuncDecl]bool
}

func (d defaultReader) statements(list []ast.Stmt, conditions []ast.Expr) {
	for _, statement := range list {
		switch at := statement.(type) {
		case *ast.IfStmt:
			d.statements(at.Body.List, append(conditions[:len(conditions):len(conditions)], at.Cond))
			if at.Else != nil {
				unlike := &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: at.Cond}}
				d.statements([]ast.Stmt{at.Else}, append(conditions[:len(conditions):len(conditions)], unlike))
			}
		case *ast.BlockStmt:
			d.statements(at.List, conditions)
		case *ast.ForStmt:
			d.statements(at.Body.List, conditions)
		case *ast.RangeStmt:
			d.statements(at.Body.List, conditions)
		case *ast.DeclStmt:
			d.declare(at)
		case *ast.AssignStmt:
			d.assign(at, conditions)
		case *ast.SwitchStmt:
			for _, each := range at.Body.List {
				clause := each.(*ast.CaseClause)
				unknown := append(conditions[:len(conditions):len(conditions)], ast.NewIdent("switch"))
				d.statements(clause.Body, unknown)
			}
		}
	}
}

func (d defaultReader) declare(at *ast.DeclStmt) {
	if declaration, is := at.Decl.(*ast.GenDecl); is {
		for _, each := range declaration.Specs {
			if spec, is := each.(*ast.ValueSpec); is && len(spec.Values) == len(spec.Names) {
				for index, name := range spec.Names {
					d.values[d.in.Info.Defs[name]] = d.value(spec.Values[index])
				}
			}
		}
	}
}

func (d defaultReader) assign(at *ast.AssignStmt, conditions []ast.Expr) {
	if len(at.Lhs) != len(at.Rhs) {
		return
	}
	for index, target := range at.Lhs {
		if star, is := target.(*ast.StarExpr); is {
			target = ast.Unparen(star.X)
		}
		switch target := target.(type) {
		case *ast.Ident:
			if object := d.in.Info.Defs[target]; object != nil {
				d.values[object] = d.value(at.Rhs[index])
			}
		case *ast.SelectorExpr:
			owner := ownerOf(d.in, target)
			if owner == "" {
				continue
			}
			found := Default{Type: owner, Field: target.Sel.Name, Value: d.value(at.Rhs[index])}
			found.In = d.loader.relative(d.loader.files.Position(at.Pos()).Filename)
			found.If = d.others(conditions, target)
			d.found[fmt.Sprint(found.Type, found.Field, found.If)] = found
		}
	}
}

// value returns what an expression is as JSON, through a pointer to a variable and through ptr.To and its like.
func (d defaultReader) value(expression ast.Expr) string {
	if text, known := constantOf(d.in, expression); known {
		return text
	}
	switch at := expression.(type) {
	case *ast.UnaryExpr:
		if at.Op == token.AND {
			return d.value(at.X)
		}
	case *ast.Ident:
		return d.values[d.in.Info.Uses[at]]
	case *ast.CallExpr:
		if calledName(at) == "new" && len(at.Args) == 1 {
			return zeros[types.ExprString(at.Args[0])]
		}
		if len(at.Args) == 1 {
			return d.value(at.Args[0])
		}
	case *ast.CompositeLit:
		if len(at.Elts) == 0 {
			return "{}"
		}
		return d.list(at)
	}
	return ""
}

func (d defaultReader) list(at *ast.CompositeLit) string {
	if _, is := at.Type.(*ast.ArrayType); !is {
		return ""
	}
	parts := []string{}
	for _, element := range at.Elts {
		value := d.value(element)
		if value == "" {
			return ""
		}
		parts = append(parts, value)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// others leaves out the conditions that every default has: the field is empty, and what holds it is not.
func (d defaultReader) others(conditions []ast.Expr, target *ast.SelectorExpr) []string {
	left := []string{}
	for _, condition := range conditions {
		for _, part := range conjunction(condition) {
			if !isEmptiness(part, target) {
				left = append(left, types.ExprString(part))
			}
		}
	}
	return left
}

func conjunction(condition ast.Expr) []ast.Expr {
	if pair, is := condition.(*ast.BinaryExpr); is && pair.Op == token.LAND {
		return append(conjunction(pair.X), conjunction(pair.Y)...)
	}
	return []ast.Expr{condition}
}

func isEmptiness(condition ast.Expr, target *ast.SelectorExpr) bool {
	pair, is := condition.(*ast.BinaryExpr)
	if !is {
		return false
	}
	left := pair.X
	if call, is := left.(*ast.CallExpr); is && calledName(call) == "len" && len(call.Args) == 1 {
		left = call.Args[0]
	}
	text, whole := types.ExprString(left), types.ExprString(target)
	switch pair.Op {
	case token.EQL:
		literal, is := pair.Y.(*ast.BasicLit)
		empty := is && (literal.Value == "0" || literal.Value == `""`) || isNothing(pair.Y)
		return empty && text == whole
	case token.NEQ:
		return isNothing(pair.Y) && strings.HasPrefix(whole, text+".")
	}
	return false
}

// zeros are what `new` makes, as JSON.
var zeros = map[string]string{"bool": "false", "int32": "0", "int64": "0", "string": `""`}
