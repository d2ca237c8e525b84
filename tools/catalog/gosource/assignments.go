package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

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
	r.take(key, effect)
	for _, out := range r.filters[key] {
		r.take(out.key, Effect{Zero: true, Maybe: maybe || out.maybe, Holder: true, Having: out.value})
	}
}

func (r *run) take(key Assignment, effect Effect) {
	if before, known := r.effects[key]; !known || before.Maybe {
		r.effects[key] = effect
	}
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
