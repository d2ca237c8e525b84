package main

import (
	"go/ast"
	"go/token"
)

// filter recognises a loop that leaves elements out of a list, by what they have in one field:
//
//	for _, v := range spec.Volumes { if v.Image != nil { continue }; kept = append(kept, v) }
//	for _, rule := range policy.Rules { if rule.Action != FailIndex { policy.Rules[index] = rule; index++ } }
//
// The field counts as emptied, together with what holds it, once the list itself is written.
func (r *run) filter(in *Package, at *ast.RangeStmt, maybe bool) {
	list, isField := at.X.(*ast.SelectorExpr)
	element, named := at.Value.(*ast.Ident)
	if !isField || !named || !keeps(in, at.Body, element) {
		return
	}
	key := Assignment{ownerOf(in, list), list.Sel.Name}
	for _, statement := range at.Body.List {
		test, isIf := statement.(*ast.IfStmt)
		if !isIf {
			continue
		}
		comparison, _ := test.Cond.(*ast.BinaryExpr)
		if comparison == nil {
			continue
		}
		field, isField := comparison.X.(*ast.SelectorExpr)
		if !isField || !names(in, field.X, element) {
			continue
		}
		value, constant := constantOf(in, comparison.Y)
		leftOut := token.EQL // an element with this value
		if !constant && isNothing(comparison.Y) {
			leftOut = token.NEQ
		}
		if (comparison.Op == leftOut) != keeps(in, test.Body, element) {
			r.filters[key] = append(r.filters[key], filtered{Assignment{ownerOf(in, field), field.Sel.Name}, value, maybe})
		}
	}
}

// filtered is the field that decides which elements of a list are left out; they all are for an empty value.
type filtered struct {
	key   Assignment
	value string
	maybe bool
}

// keeps reports whether a block stores an element: appended to a list, or put at a place in one.
func keeps(in *Package, body *ast.BlockStmt, element *ast.Ident) bool {
	found := false
	ast.Inspect(body, func(node ast.Node) bool {
		if at, is := node.(*ast.AssignStmt); is && at.Tok == token.ASSIGN {
			last := at.Rhs[len(at.Rhs)-1]
			if call, is := last.(*ast.CallExpr); is && calledName(call) == "append" {
				last = call.Args[len(call.Args)-1]
			}
			found = found || names(in, last, element)
		}
		return true
	})
	return found
}

func names(in *Package, expression ast.Expr, variable *ast.Ident) bool {
	used, is := expression.(*ast.Ident)
	return is && in.Info.Uses[used] != nil && in.Info.Uses[used] == in.Info.Defs[variable]
}
