// Converts OpenKruise's objects with its own code.
package main

import (
	"slices"
	"strings"

	"github.com/openkruise/kruise/apis/apps/v1alpha1"
	"github.com/openkruise/kruise/apis/apps/v1beta1"
	policyv1alpha1 "github.com/openkruise/kruise/apis/policy/v1alpha1"
	policyv1beta1 "github.com/openkruise/kruise/apis/policy/v1beta1"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"apps.kruise.io/v1alpha1 AdvancedCronJob":          func() any { return &v1alpha1.AdvancedCronJob{} },
		"apps.kruise.io/v1beta1 AdvancedCronJob":           func() any { return &v1beta1.AdvancedCronJob{} },
		"apps.kruise.io/v1alpha1 BroadcastJob":             func() any { return &v1alpha1.BroadcastJob{} },
		"apps.kruise.io/v1beta1 BroadcastJob":              func() any { return &v1beta1.BroadcastJob{} },
		"apps.kruise.io/v1alpha1 CloneSet":                 func() any { return &v1alpha1.CloneSet{} },
		"apps.kruise.io/v1beta1 CloneSet":                  func() any { return &v1beta1.CloneSet{} },
		"apps.kruise.io/v1alpha1 ContainerRecreateRequest": func() any { return &v1alpha1.ContainerRecreateRequest{} },
		"apps.kruise.io/v1beta1 ContainerRecreateRequest":  func() any { return &v1beta1.ContainerRecreateRequest{} },
		"apps.kruise.io/v1alpha1 DaemonSet":                func() any { return &v1alpha1.DaemonSet{} },
		"apps.kruise.io/v1beta1 DaemonSet":                 func() any { return &v1beta1.DaemonSet{} },
		"apps.kruise.io/v1alpha1 ImageListPullJob":         func() any { return &v1alpha1.ImageListPullJob{} },
		"apps.kruise.io/v1beta1 ImageListPullJob":          func() any { return &v1beta1.ImageListPullJob{} },
		"apps.kruise.io/v1alpha1 ImagePullJob":             func() any { return &v1alpha1.ImagePullJob{} },
		"apps.kruise.io/v1beta1 ImagePullJob":              func() any { return &v1beta1.ImagePullJob{} },
		"apps.kruise.io/v1alpha1 NodeImage":                func() any { return &v1alpha1.NodeImage{} },
		"apps.kruise.io/v1beta1 NodeImage":                 func() any { return &v1beta1.NodeImage{} },
		"apps.kruise.io/v1alpha1 PersistentPodState":       func() any { return &v1alpha1.PersistentPodState{} },
		"apps.kruise.io/v1beta1 PersistentPodState":        func() any { return &v1beta1.PersistentPodState{} },
		"apps.kruise.io/v1alpha1 ResourceDistribution":     func() any { return &v1alpha1.ResourceDistribution{} },
		"apps.kruise.io/v1beta1 ResourceDistribution":      func() any { return &v1beta1.ResourceDistribution{} },
		"apps.kruise.io/v1alpha1 SidecarSet":               func() any { return &v1alpha1.SidecarSet{} },
		"apps.kruise.io/v1beta1 SidecarSet":                func() any { return &v1beta1.SidecarSet{} },
		"apps.kruise.io/v1alpha1 StatefulSet":              func() any { return &v1alpha1.StatefulSet{} },
		"apps.kruise.io/v1beta1 StatefulSet":               func() any { return &v1beta1.StatefulSet{} },
		"apps.kruise.io/v1alpha1 UnitedDeployment":         func() any { return &v1alpha1.UnitedDeployment{} },
		"apps.kruise.io/v1beta1 UnitedDeployment":          func() any { return &v1beta1.UnitedDeployment{} },
		"apps.kruise.io/v1alpha1 WorkloadSpread":           func() any { return &v1alpha1.WorkloadSpread{} },
		"apps.kruise.io/v1beta1 WorkloadSpread":            func() any { return &v1beta1.WorkloadSpread{} },
		"policy.kruise.io/v1alpha1 PodUnavailableBudget":   func() any { return &policyv1alpha1.PodUnavailableBudget{} },
		"policy.kruise.io/v1beta1 PodUnavailableBudget":    func() any { return &policyv1beta1.PodUnavailableBudget{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		if err := in.(conversion.Convertible).ConvertTo(out.(conversion.Hub)); err != nil {
			return err
		}
		if made, ok := out.(*v1beta1.UnitedDeployment); ok {
			sortAdded(made, len(in.(*v1alpha1.UnitedDeployment).Status.SubsetStatuses))
		}
		return nil
	})
}

// sortAdded sorts the subsets that the code adds from a map, in the order of Go's maps, which is another one each time.
func sortAdded(made *v1beta1.UnitedDeployment, known int) {
	slices.SortFunc(made.Status.SubsetStatuses[known:], func(a, b v1beta1.UnitedDeploymentSubsetStatus) int {
		return strings.Compare(a.Name, b.Name)
	})
}
