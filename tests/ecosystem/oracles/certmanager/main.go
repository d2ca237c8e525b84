// Converts cert-manager's objects with its own code. It is internal, so this file is built inside a copy of the module.
package main

import (
	"github.com/jetstack/cert-manager/pkg/api"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	acme "github.com/jetstack/cert-manager/pkg/internal/apis/acme/install"
	certmanager "github.com/jetstack/cert-manager/pkg/internal/apis/certmanager/install"
	meta "github.com/jetstack/cert-manager/pkg/internal/apis/meta/install"
)

func main() {
	scheme := runtime.NewScheme()
	utilruntime.Must(api.AddToScheme(scheme))
	acme.Install(scheme)
	certmanager.Install(scheme)
	meta.Install(scheme)
	types := Types{}
	for gvk := range scheme.AllKnownTypes() {
		types[gvk.GroupVersion().String()+" "+gvk.Kind] = func() any {
			made, err := scheme.New(gvk)
			utilruntime.Must(err)
			return made
		}
	}
	serve(types, func(in, out any, kind, from, _ string) error {
		group := schema.FromAPIVersionAndKind(from, kind).Group
		hub, err := scheme.New(schema.GroupVersionKind{Group: group, Version: runtime.APIVersionInternal, Kind: kind})
		if err != nil {
			return err
		}
		if err := scheme.Convert(in, hub, nil); err != nil {
			return err
		}
		return scheme.Convert(hub, out, nil)
	})
}
