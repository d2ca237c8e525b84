package main

import (
	"go/ast"
	"go/types"
)

// Truth is what an expression is on the way of a *create* of an object with every field set.
type Truth int

const (
	No Truth = iota
	Yes
	Maybe
)

// Assignment is a field that a function writes: nothing into it (Zero), or a value.
type Assignment struct {
	Owner string // k8s.io/kubernetes/pkg/apis/core.PodSpec
	Field string // HostUsers
}

// Effect is what is known of an assignment: whether it empties the field, the constant that it writes, whether it
// happens only under a condition that depends on the object, and whether what holds the field is dropped with it: always,
// or if the field has one value.
type Effect struct {
	Zero   bool
	Value  string
	Maybe  bool
	Holder bool
	Having string
}

// run is one interpretation of a function with some gates off.
type run struct {
	loader   *Loader
	features *Features
	off      map[string]bool
	gates    map[string]bool    // every gate that was asked for
	together map[[2]string]bool // gates that one condition asks for
	effects  map[Assignment]Effect
	locals   map[types.Object]Truth
	values   map[types.Object]string
	filters  map[Assignment][]filtered // by the list whose elements a loop leaves out
	calls    map[*Function]bool
	visited  map[*ast.FuncDecl]bool
}

// call interprets the body of a function, once on each path.
func (r *run) call(function *Function, maybe bool) (Truth, bool) {
	if r.calls[function] {
		return Maybe, false
	}
	r.calls[function] = true
	r.visited[function.Decl] = true
	result := &outcome{}
	r.block(function.Package, function.Decl.Body.List, maybe, result)
	delete(r.calls, function)
	return result.truth(), true
}

// outcome gathers what the return statements of a function return.
type outcome struct {
	yes, no bool
}

func (o *outcome) add(truth Truth) {
	o.yes = o.yes || truth != No
	o.no = o.no || truth != Yes
}

func (o *outcome) truth() Truth {
	switch {
	case o.yes && !o.no:
		return Yes
	case o.no && !o.yes:
		return No
	}
	return Maybe
}

// block walks statements; the answer says whether control leaves the block before its end.
func (r *run) block(in *Package, list []ast.Stmt, maybe bool, result *outcome) Truth {
	left := No
	for _, statement := range list {
		switch r.statement(in, statement, maybe, result) {
		case Yes:
			return Yes
		case Maybe:
			maybe, left = true, Maybe
		}
	}
	return left
}

func (r *run) statement(in *Package, statement ast.Stmt, maybe bool, result *outcome) Truth {
	switch at := statement.(type) {
	case *ast.IfStmt:
		return r.branch(in, at, maybe, result)
	case *ast.BlockStmt:
		return r.block(in, at.List, maybe, result)
	case *ast.ForStmt:
		r.block(in, at.Body.List, maybe, result)
	case *ast.RangeStmt:
		r.filter(in, at, maybe)
		r.block(in, at.Body.List, maybe, result)
	case *ast.SwitchStmt:
		r.cases(in, at.Body, result)
	case *ast.TypeSwitchStmt:
		r.cases(in, at.Body, result)
	case *ast.ExprStmt:
		r.expression(in, at.X, maybe)
	case *ast.AssignStmt:
		r.assign(in, at, maybe)
	case *ast.DeclStmt:
		r.declare(in, at)
	case *ast.BranchStmt:
		return Yes
	case *ast.ReturnStmt:
		for _, value := range at.Results {
			r.expression(in, value, maybe)
		}
		if len(at.Results) == 1 {
			result.add(r.condition(in, at.Results[0]))
		}
		return Yes
	}
	return No
}

func (r *run) cases(in *Package, body *ast.BlockStmt, result *outcome) {
	for _, each := range body.List {
		r.block(in, each.(*ast.CaseClause).Body, true, result)
	}
}

func (r *run) branch(in *Package, at *ast.IfStmt, maybe bool, result *outcome) Truth {
	if at.Init != nil {
		r.statement(in, at.Init, maybe, result)
	}
	truth := r.condition(in, at.Cond)
	then, otherwise := No, No
	if truth != No {
		then = r.statement(in, at.Body, maybe || truth == Maybe, result)
	}
	if truth != Yes && at.Else != nil {
		otherwise = r.statement(in, at.Else, maybe || truth == Maybe, result)
	}
	switch {
	case truth == Yes:
		return then
	case truth == No:
		return otherwise
	case then == Yes && otherwise == Yes:
		return Yes
	case then != No || otherwise != No:
		return Maybe
	}
	return No
}
