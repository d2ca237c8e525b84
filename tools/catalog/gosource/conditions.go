package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

var inUse = regexp.MustCompile(`(?i)inuse`)

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
