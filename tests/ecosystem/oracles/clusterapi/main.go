// Converts Cluster API's objects with its own code. The program is built inside a copy of the module.
package main

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/conversion"

	addonsv1beta1 "sigs.k8s.io/cluster-api/api/addons/v1beta1"
	addonsv1 "sigs.k8s.io/cluster-api/api/addons/v1beta2"
	bootstrapv1beta1 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta1"
	bootstrapv1 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta2"
	controlplanev1beta1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta1"
	controlplanev1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta2"
	clusterv1beta1 "sigs.k8s.io/cluster-api/api/core/v1beta1"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	ipamv1alpha1 "sigs.k8s.io/cluster-api/api/ipam/v1alpha1"
	ipamv1beta1 "sigs.k8s.io/cluster-api/api/ipam/v1beta1"
	ipamv1 "sigs.k8s.io/cluster-api/api/ipam/v1beta2"
	runtimev1alpha1 "sigs.k8s.io/cluster-api/api/runtime/v1alpha1"
	runtimev1 "sigs.k8s.io/cluster-api/api/runtime/v1beta2"
	bootstrap "sigs.k8s.io/cluster-api/bootstrap/kubeadm/webhooks/conversion"
	controlplane "sigs.k8s.io/cluster-api/controlplane/kubeadm/webhooks/conversion"
	core "sigs.k8s.io/cluster-api/core/webhooks/conversion"
	conversionutil "sigs.k8s.io/cluster-api/util/conversion"
)

var converters = map[string]func(*runtime.Scheme) (conversion.Converter, error){
	"Cluster":                     core.Cluster,
	"ClusterClass":                core.ClusterClass,
	"ClusterResourceSet":          core.ClusterResourceSet,
	"ClusterResourceSetBinding":   core.ClusterResourceSetBinding,
	"ExtensionConfig":             core.ExtensionConfig,
	"IPAddress":                   core.IPAddress,
	"IPAddressClaim":              core.IPAddressClaim,
	"Machine":                     core.Machine,
	"MachineDeployment":           core.MachineDeployment,
	"MachineDrainRule":            core.MachineDrainRule,
	"MachineHealthCheck":          core.MachineHealthCheck,
	"MachinePool":                 core.MachinePool,
	"MachineSet":                  core.MachineSet,
	"KubeadmConfig":               bootstrap.KubeadmConfig,
	"KubeadmConfigTemplate":       bootstrap.KubeadmConfigTemplate,
	"KubeadmControlPlane":         controlplane.KubeadmControlPlane,
	"KubeadmControlPlaneTemplate": controlplane.KubeadmControlPlaneTemplate,
}

// referenced says which version a v1beta1 reference gets. Cluster API asks the cluster which one its CRDs serve.
func referenced(_ context.Context, kind schema.GroupKind) (string, error) {
	return kind.Group + "/v1beta1", nil
}

func main() {
	core.SetAPIVersionGetter(referenced)
	controlplane.SetAPIVersionGetter(referenced)
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		addonsv1beta1.AddToScheme, addonsv1.AddToScheme, bootstrapv1beta1.AddToScheme, bootstrapv1.AddToScheme,
		clusterv1beta1.AddToScheme, clusterv1.AddToScheme, controlplanev1beta1.AddToScheme, controlplanev1.AddToScheme,
		ipamv1alpha1.AddToScheme, ipamv1beta1.AddToScheme, ipamv1.AddToScheme,
		runtimev1alpha1.AddToScheme, runtimev1.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	types := Types{}
	for gvk := range scheme.AllKnownTypes() {
		types[gvk.GroupVersion().String()+" "+gvk.Kind] = func() any {
			made, err := scheme.New(gvk)
			utilruntime.Must(err)
			return made
		}
	}
	serve(types, func(in, out any, kind, _, to string) error {
		converter, err := converters[kind](scheme)
		if err != nil {
			return err
		}
		made := out.(runtime.Object)
		made.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(to, kind))
		if err := converter.ConvertObject(context.Background(), in.(runtime.Object), made); err != nil {
			return err
		}
		// It keeps what it needs for the way back in annotations, as the converter keeps conversion data.
		accessor, err := meta.Accessor(made)
		if err != nil {
			return err
		}
		annotations := accessor.GetAnnotations()
		delete(annotations, conversionutil.DataAnnotation)
		delete(annotations, "conversion.cluster.x-k8s.io/cluster-name-label-set")
		if len(annotations) == 0 {
			annotations = nil
		}
		accessor.SetAnnotations(annotations)
		return nil
	})
}
