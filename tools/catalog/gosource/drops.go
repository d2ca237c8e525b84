package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"sort"
	"strings"
)

// Drop is a field of an internal type that a server empties or rewrites when an object is created.
type Drop struct {
	Kind  string   `json:"kind"`  // apps.StatefulSet: whose strategy does it
	Type  string   `json:"type"`  // k8s.io/kubernetes/pkg/apis/core.PodSpec
	Field string   `json:"field"` // the Go name
	All   []string `json:"all"`   // it is kept only where all of these gates are on
	Any   []string `json:"any"`   // it is kept where one of these gates is on
	Value string   `json:"value"` // what is written instead; empty for nothing
	Maybe bool     `json:"maybe"` // depends on the object as well
	In    string   `json:"in"`    // the source file
	// What holds the field is dropped with it: always, or if the field has one value.
	Holder bool   `json:"holder"`
	Having string `json:"having"`
}

var strategyRoots = []string{"k8s.io/kubernetes/pkg/registry", "k8s.io/apiextensions-apiserver/pkg/registry"}

// findDrops interprets PrepareForCreate of every strategy: with all gates on, with each gate off, and with each two off
// that one condition asks for. It also lists the functions named drop… that ask for a gate and that no strategy
// reaches, and the fields that get a computed value while a gate is off, other than a list that is filtered: those may
// drop what is not found here.
func findDrops(l *Loader, features *Features) ([]Drop, []string) {
	drops, reached, gated := []Drop{}, map[*ast.FuncDecl]bool{}, map[string]*ast.FuncDecl{}
	rewritten := map[string]bool{} // fields that get something else while a gate is off
	for _, root := range strategyRoots {
		for _, importPath := range l.under(root) {
			if strings.Contains(importPath, "/rest") || strings.Contains(importPath, "/testing") {
				continue
			}
			loaded := l.load(importPath)
			for _, function := range declared(loaded) {
				if function.Name.Name == "PrepareForCreate" {
					drops = append(drops, strategy(l, features, &Function{loaded, function}, reached, rewritten)...)
				}
			}
		}
	}
	for _, function := range l.bodies {
		name := function.Decl.Name.Name
		if dropName.MatchString(name) && asksGate(features, function) {
			gated[l.files.Position(function.Decl.Pos()).Filename+": "+name] = function.Decl
		}
	}
	missing := sorted(rewritten)
	for _, name := range sorted(gated) {
		if !reached[gated[name]] {
			missing = append(missing, l.relative(name))
		}
	}
	sort.Slice(drops, func(i, j int) bool { return fmt.Sprint(drops[i]) < fmt.Sprint(drops[j]) })
	return drops, missing
}

var dropName = regexp.MustCompile(`^(?i)drop`)

func asksGate(features *Features, function *Function) bool {
	asks := false
	r := newRun(nil, features, nil)
	ast.Inspect(function.Decl.Body, func(node ast.Node) bool {
		if call, is := node.(*ast.CallExpr); is && r.asked(function.Package, call) != "" {
			asks = true
		}
		return true
	})
	return asks
}

func (l *Loader) relative(name string) string {
	for module, folder := range l.folders {
		if rest, found := strings.CutPrefix(name, folder+"/"); found {
			return module + "/" + rest
		}
	}
	return name
}

func declared(loaded *Package) []*ast.FuncDecl {
	found := []*ast.FuncDecl{}
	for _, file := range loaded.Files {
		for _, decl := range file.Decls {
			if function, is := decl.(*ast.FuncDecl); is && function.Body != nil {
				found = append(found, function)
			}
		}
	}
	return found
}

func (r *run) reset() {
	r.locals, r.values = map[types.Object]Truth{}, map[types.Object]string{}
}

func newRun(l *Loader, features *Features, off map[string]bool) *run {
	r := &run{loader: l, features: features, off: off}
	r.gates, r.together = map[string]bool{}, map[[2]string]bool{}
	r.effects, r.filters = map[Assignment]Effect{}, map[Assignment][]filtered{}
	r.calls, r.visited = map[*Function]bool{}, map[*ast.FuncDecl]bool{}
	r.reset()
	return r
}

func strategy(l *Loader, features *Features, root *Function, reached map[*ast.FuncDecl]bool, rewritten map[string]bool) []Drop {
	execute := func(off ...string) *run {
		set := map[string]bool{}
		for _, gate := range off {
			set[gate] = true
		}
		r := newRun(l, features, set)
		r.call(root, false)
		for function := range r.visited {
			reached[function] = true
		}
		return r
	}
	kind := kindOf(root)
	in := l.relative(l.files.Position(root.Decl.Pos()).Filename)
	on := execute()
	found := map[Assignment]*Drop{}
	for key, effect := range on.effects {
		found[key] = &Drop{Kind: kind, Type: key.Owner, Field: key.Field, Value: effect.Value, Maybe: effect.Maybe, In: in, Holder: effect.Holder, Having: effect.Having}
		if !effect.Zero && effect.Value == "" {
			delete(found, key) // a computed value: a list that is filtered, a number that is counted up
		}
	}
	worse := func(r *run, key Assignment, than *run) (Effect, bool) {
		effect, known := r.effects[key]
		before, was := than.effects[key]
		return effect, known && (effect.Zero || effect.Value != "") && (!was || before.Maybe && !effect.Maybe)
	}
	for _, gate := range sorted(on.gates) {
		off := execute(gate)
		for key, effect := range off.effects {
			if _, was := on.effects[key]; !was && !effect.Zero && effect.Value == "" && len(off.filters[key]) == 0 {
				rewritten[key.Owner+"."+key.Field] = true
			}
			if effect, is := worse(off, key, on); is {
				found[key] = merged(found[key], Drop{kind, key.Owner, key.Field, []string{gate}, nil, effect.Value, effect.Maybe, in, effect.Holder, effect.Having})
			}
		}
	}
	for pair := range on.together {
		both, first, second := execute(pair[0], pair[1]), execute(pair[0]), execute(pair[1])
		for key := range both.effects {
			effect, is := worse(both, key, on)
			_, one := worse(both, key, first)
			_, other := worse(both, key, second)
			if is && one && other {
				found[key] = merged(found[key], Drop{kind, key.Owner, key.Field, nil, pair[:], effect.Value, effect.Maybe, in, effect.Holder, effect.Having})
			}
		}
	}
	drops := []Drop{}
	for _, drop := range found {
		sort.Strings(drop.Any)
		drops = append(drops, *drop)
	}
	return drops
}

func merged(old *Drop, next Drop) *Drop {
	if old == nil || len(old.All)+len(old.Any) == 0 {
		return &next
	}
	old.All = append(old.All, next.All...)
	for _, gate := range next.Any {
		if !contains(old.Any, gate) {
			old.Any = append(old.Any, gate)
		}
	}
	old.Maybe = old.Maybe && next.Maybe
	return old
}

func contains(list []string, wanted string) bool {
	for _, each := range list {
		if each == wanted {
			return true
		}
	}
	return false
}

// kindOf names the internal type that a strategy's function asserts its object to be: apps.StatefulSet.
func kindOf(root *Function) string {
	kind := ""
	ast.Inspect(root.Decl.Body, func(node ast.Node) bool {
		if assertion, is := node.(*ast.TypeAssertExpr); is && kind == "" && assertion.Type != nil {
			kind = nameOf(root.Package.Info.TypeOf(assertion.Type))
		}
		return kind == ""
	})
	return kind[strings.LastIndex(kind, "/")+1:]
}
