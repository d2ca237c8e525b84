package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"strings"
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

// Effect is what is known of an assignment: whether it empties the field, the constant that it writes, and whether it
// happens only under a condition that depends on the object.
type Effect struct {
	Zero  bool
	Value string
	Maybe bool
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
	calls    map[*Function]bool
	visited  map[*ast.FuncDecl]bool
}

var inUse = regexp.MustCompile(`(?i)inuse`)

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

// condition evaluates a boolean expression. Both sides of && and || are evaluated, so that every gate is seen.
func (r *run) condition(in *Package, expression ast.Expr) Truth {
	seen := map[string]bool{}
	truth := r.evaluate(in, expression, seen)
	for one := range seen {
		for other := range seen {
			if one < other {
				r.together[[2]string{one, other}] = true
			}
		}
	}
	return truth
}

func (r *run) evaluate(in *Package, expression ast.Expr, seen map[string]bool) Truth {
	switch at := expression.(type) {
	case *ast.ParenExpr:
		return r.evaluate(in, at.X, seen)
	case *ast.UnaryExpr:
		if at.Op == token.NOT {
			return negate(r.evaluate(in, at.X, seen))
		}
	case *ast.BinaryExpr:
		return r.binary(in, at, seen)
	case *ast.CallExpr:
		return r.truthOfCall(in, at, seen)
	case *ast.Ident:
		switch at.Name {
		case "true":
			return Yes
		case "false":
			return No
		}
		if truth, known := r.locals[in.Info.Uses[at]]; known {
			return truth
		}
	}
	return Maybe
}

func negate(truth Truth) Truth {
	switch truth {
	case Yes:
		return No
	case No:
		return Yes
	}
	return Maybe
}

func (r *run) binary(in *Package, at *ast.BinaryExpr, seen map[string]bool) Truth {
	switch at.Op {
	case token.LAND, token.LOR:
		left, right := r.evaluate(in, at.X, seen), r.evaluate(in, at.Y, seen)
		decisive := No
		if at.Op == token.LOR {
			decisive = Yes
		}
		if left == decisive || right == decisive {
			return decisive
		}
		if left == Maybe || right == Maybe {
			return Maybe
		}
		return left
	case token.EQL, token.NEQ, token.GTR:
		if !isNothing(at.Y) {
			return Maybe
		}
		absent := isOld(at.X) // the object is new: nothing of an old one is there, everything of it is
		if absent == (at.Op == token.EQL) {
			return Yes
		}
		return No
	}
	return Maybe
}

// isNothing reports whether an expression is nil, or the 0 that a length is compared with.
func isNothing(expression ast.Expr) bool {
	switch at := expression.(type) {
	case *ast.Ident:
		return at.Name == "nil"
	case *ast.BasicLit:
		return at.Value == "0"
	}
	return false
}

// isOld reports whether an expression is of the object before an update.
func isOld(expression ast.Expr) bool {
	old := false
	ast.Inspect(expression, func(node ast.Node) bool {
		if name, is := node.(*ast.Ident); is && strings.HasPrefix(strings.ToLower(name.Name), "old") {
			old = true
		}
		return !old
	})
	return old
}

func (r *run) truthOfCall(in *Package, call *ast.CallExpr, seen map[string]bool) Truth {
	if gate := r.asked(in, call); gate != "" {
		seen[gate], r.gates[gate] = true, true
		if r.off[gate] {
			return No
		}
		return Yes
	}
	if inUse.MatchString(calledName(call)) || len(call.Args) == 1 && isOld(call.Args[0]) {
		return No
	}
	if function := r.callee(in, call); function != nil {
		gates := r.gates
		r.gates = map[string]bool{}
		truth, _ := r.call(function, true)
		for gate := range r.gates {
			gates[gate], seen[gate] = true, true
		}
		r.gates = gates
		return truth
	}
	return Maybe
}

// asked returns the gate of `….Enabled(features.X)`, or "".
func (r *run) asked(in *Package, call *ast.CallExpr) string {
	if selector, is := call.Fun.(*ast.SelectorExpr); is && selector.Sel.Name == "Enabled" && len(call.Args) == 1 {
		return r.features.gate(in, call.Args[0])
	}
	return ""
}

func calledName(call *ast.CallExpr) string {
	switch at := call.Fun.(type) {
	case *ast.Ident:
		return at.Name
	case *ast.SelectorExpr:
		return at.Sel.Name
	}
	return ""
}

func (r *run) callee(in *Package, call *ast.CallExpr) *Function {
	var name *ast.Ident
	switch at := call.Fun.(type) {
	case *ast.Ident:
		name = at
	case *ast.SelectorExpr:
		name = at.Sel
	default:
		return nil
	}
	return r.loader.bodies[in.Info.Uses[name]]
}

// expression walks the calls in an expression, and the function literals, which are taken to be called.
func (r *run) expression(in *Package, expression ast.Expr, maybe bool) {
	ast.Inspect(expression, func(node ast.Node) bool {
		switch at := node.(type) {
		case *ast.FuncLit:
			r.block(in, at.Body.List, maybe, &outcome{})
			return false
		case *ast.CallExpr:
			if function := r.callee(in, at); function != nil {
				r.call(function, maybe)
			}
		}
		return true
	})
}

func (r *run) declare(in *Package, at *ast.DeclStmt) {
	declaration, is := at.Decl.(*ast.GenDecl)
	if !is {
		return
	}
	for _, each := range declaration.Specs {
		if spec, is := each.(*ast.ValueSpec); is {
			for index, name := range spec.Names {
				if index < len(spec.Values) {
					r.remember(in, name, spec.Values[index])
				}
			}
		}
	}
}

func (r *run) remember(in *Package, name *ast.Ident, value ast.Expr) {
	object := in.Info.Defs[name]
	if object == nil {
		object = in.Info.Uses[name]
	}
	if object == nil {
		return
	}
	if text, known := constantOf(in, value); known {
		r.values[object] = text
	}
	if truth := r.condition(in, value); truth != Maybe {
		r.locals[object] = truth
	} else {
		delete(r.locals, object)
	}
}

func (r *run) assign(in *Package, at *ast.AssignStmt, maybe bool) {
	for _, value := range at.Rhs {
		r.expression(in, value, maybe)
	}
	if len(at.Lhs) != len(at.Rhs) {
		return
	}
	for index, target := range at.Lhs {
		if star, is := target.(*ast.StarExpr); is {
			target = star.X
		}
		switch target := target.(type) {
		case *ast.Ident:
			r.remember(in, target, at.Rhs[index])
		case *ast.SelectorExpr:
			if !isOld(target) {
				r.written(in, target, at.Rhs[index], maybe)
			}
		}
	}
}

func (r *run) written(in *Package, target *ast.SelectorExpr, value ast.Expr, maybe bool) {
	owner := ownerOf(in, target)
	if owner == "" {
		return
	}
	effect := Effect{Zero: isZero(value), Maybe: maybe}
	effect.Value, _ = constantOf(in, value)
	if reference, is := value.(*ast.UnaryExpr); is && reference.Op == token.AND {
		if name, is := reference.X.(*ast.Ident); is {
			effect.Value = r.values[in.Info.Uses[name]]
		}
	}
	key := Assignment{owner, target.Sel.Name}
	if before, known := r.effects[key]; known && !before.Maybe {
		return
	}
	r.effects[key] = effect
}

// ownerOf names the struct that a selected field is declared in: through embedded structs where there are some.
func ownerOf(in *Package, selector *ast.SelectorExpr) string {
	selection := in.Info.Selections[selector]
	if selection == nil || selection.Kind() != types.FieldVal {
		return ""
	}
	at := selection.Recv()
	for _, index := range selection.Index()[:len(selection.Index())-1] {
		at = structOf(at).Field(index).Type()
	}
	return nameOf(at)
}

func structOf(at types.Type) *types.Struct {
	if pointer, is := at.Underlying().(*types.Pointer); is {
		at = pointer.Elem()
	}
	return at.Underlying().(*types.Struct)
}

func nameOf(at types.Type) string {
	if pointer, is := at.(*types.Pointer); is {
		at = pointer.Elem()
	}
	if named, is := types.Unalias(at).(*types.Named); is && named.Obj().Pkg() != nil {
		return named.Obj().Pkg().Path() + "." + named.Obj().Name()
	}
	return ""
}

func isZero(value ast.Expr) bool {
	switch at := value.(type) {
	case *ast.Ident:
		return at.Name == "nil" || at.Name == "false"
	case *ast.BasicLit:
		return at.Value == `""` || at.Value == "0"
	case *ast.CompositeLit:
		return len(at.Elts) == 0
	}
	return false
}

// constantOf returns a constant expression's value as JSON.
func constantOf(in *Package, expression ast.Expr) (string, bool) {
	found, known := in.Info.Types[expression]
	if !known || found.Value == nil || found.Value.Kind() == constant.Unknown {
		return "", false
	}
	return found.Value.ExactString(), true
}

// imported returns the path of the package that an identifier stands for, or "".
func imported(in *Package, name *ast.Ident) string {
	if used, is := in.Info.Uses[name].(*types.PkgName); is {
		return used.Imported().Path()
	}
	return ""
}
