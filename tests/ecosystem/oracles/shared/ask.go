// Reads one question a line and writes one answer a line. Every oracle is this file and a main.go.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
)

// A Question asks for an object in another version, or in its own, as its Go type writes it.
type Question struct {
	Kind   string          `json:"kind"`
	From   string          `json:"from"`
	To     string          `json:"to"`
	Object json.RawMessage `json:"object"`
}

// Types makes an empty object of each version of each kind: "group/version Kind".
type Types map[string]func() any

// serve answers until the questions end. The convert function reads its first argument and fills in the second one.
// An answer has the object without zero values that mean nothing, and as its Go type writes it.
func serve(types Types, convert func(in, out any, kind, from, to string) error) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		object, written, err := answer(lines.Bytes(), types, convert)
		reply := map[string]any{"object": object, "written": written}
		if err != nil {
			reply = map[string]any{"error": err.Error()}
		}
		text, err := json.Marshal(reply)
		if err != nil {
			panic(err)
		}
		out.Write(append(text, '\n'))
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}

func answer(line []byte, types Types, convert func(in, out any, kind, from, to string) error) (any, any, error) {
	var asked Question
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, nil, err
	}
	source, target := types[asked.From+" "+asked.Kind], types[asked.To+" "+asked.Kind]
	if source == nil || target == nil {
		return nil, nil, fmt.Errorf("%s: %s or %s is not known", asked.Kind, asked.From, asked.To)
	}
	in := source()
	if err := json.Unmarshal(asked.Object, in); err != nil {
		return nil, nil, err
	}
	made := in
	if asked.From != asked.To {
		made = target()
		if err := guarded(convert, in, made, asked); err != nil {
			return nil, nil, err
		}
	}
	text, err := json.Marshal(made)
	if err != nil {
		return nil, nil, err
	}
	var plain, written map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &written); err != nil {
		return nil, nil, err
	}
	clean(reflect.ValueOf(made), plain)
	plain["apiVersion"], plain["kind"] = asked.To, asked.Kind
	return plain, written, nil
}

// guarded makes an error of a panic: a project's code can have one for an object that its own webhooks would refuse.
func guarded(convert func(in, out any, kind, from, to string) error, in, out any, asked Question) (err error) {
	defer func() {
		if found := recover(); found != nil {
			err = fmt.Errorf("panic: %v", found)
		}
	}()
	return convert(in, out, asked.Kind, asked.From, asked.To)
}

var marshaler = reflect.TypeFor[json.Marshaler]()

// clean removes the zero values that Go writes because a field has no omitempty: an absent field reads the same.
func clean(value reflect.Value, plain any) {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		if value.IsNil() {
			return
		}
		value = value.Elem()
	}
	if reflect.PointerTo(value.Type()).Implements(marshaler) {
		return
	}
	switch value.Kind() {
	case reflect.Struct:
		if object, ok := plain.(map[string]any); ok {
			cleanStruct(value, object)
		}
	case reflect.Slice, reflect.Array:
		items, _ := plain.([]any)
		for index := range items {
			clean(value.Index(index), items[index])
		}
	case reflect.Map:
		object, _ := plain.(map[string]any)
		for _, key := range value.MapKeys() {
			clean(value.MapIndex(key), object[fmt.Sprint(key)])
		}
	}
}

func cleanStruct(value reflect.Value, object map[string]any) {
	for index := range value.NumField() {
		field := value.Type().Field(index)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.PkgPath != "" || name == "-" {
			continue
		}
		below := value.Field(index)
		if name == "" && field.Anonymous {
			for below.Kind() == reflect.Pointer && !below.IsNil() {
				below = below.Elem()
			}
			if below.Kind() == reflect.Struct {
				cleanStruct(below, object)
			}
			continue
		}
		if name == "" {
			name = field.Name
		}
		if _, ok := object[name]; !ok {
			continue
		}
		clean(below, object[name])
		empty := below.IsZero() || ((below.Kind() == reflect.Slice || below.Kind() == reflect.Map) && below.Len() == 0)
		if below.Kind() == reflect.Struct {
			nested, isObject := object[name].(map[string]any)
			empty = empty || (isObject && len(nested) == 0)
		}
		if empty {
			delete(object, name)
		}
	}
}
