// Converts Tekton's objects with its own code.
package main

import (
	"context"
	"strings"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1alpha1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	resolutionv1alpha1 "github.com/tektoncd/pipeline/pkg/apis/resolution/v1alpha1"
	resolutionv1beta1 "github.com/tektoncd/pipeline/pkg/apis/resolution/v1beta1"
	"k8s.io/apimachinery/pkg/api/meta"
	"knative.dev/pkg/apis"
)

// The versions that convert from and to the other ones.
var hubs = map[string]bool{
	"tekton.dev/v1 Task": true, "tekton.dev/v1 TaskRun": true,
	"tekton.dev/v1 Pipeline": true, "tekton.dev/v1 PipelineRun": true,
	"tekton.dev/v1beta1 StepAction": true, "resolution.tekton.dev/v1beta1 ResolutionRequest": true,
}

func main() {
	serve(Types{
		"tekton.dev/v1 Task":             func() any { return &v1.Task{} },
		"tekton.dev/v1 TaskRun":          func() any { return &v1.TaskRun{} },
		"tekton.dev/v1 Pipeline":         func() any { return &v1.Pipeline{} },
		"tekton.dev/v1 PipelineRun":      func() any { return &v1.PipelineRun{} },
		"tekton.dev/v1beta1 Task":        func() any { return &v1beta1.Task{} },
		"tekton.dev/v1beta1 TaskRun":     func() any { return &v1beta1.TaskRun{} },
		"tekton.dev/v1beta1 Pipeline":    func() any { return &v1beta1.Pipeline{} },
		"tekton.dev/v1beta1 PipelineRun": func() any { return &v1beta1.PipelineRun{} },
		"tekton.dev/v1beta1 StepAction":  func() any { return &v1beta1.StepAction{} },
		"tekton.dev/v1alpha1 StepAction": func() any { return &v1alpha1.StepAction{} },
		"resolution.tekton.dev/v1beta1 ResolutionRequest": func() any {
			return &resolutionv1beta1.ResolutionRequest{}
		},
		"resolution.tekton.dev/v1alpha1 ResolutionRequest": func() any {
			return &resolutionv1alpha1.ResolutionRequest{}
		},
	}, func(in, out any, kind, from, _ string) error {
		source, target := in.(apis.Convertible), out.(apis.Convertible)
		var err error
		if hubs[from+" "+kind] {
			err = target.ConvertFrom(context.Background(), source)
		} else {
			err = source.ConvertTo(context.Background(), target)
		}
		if err != nil {
			return err
		}
		// It keeps what it needs for the way back in annotations, as the converter keeps conversion data.
		accessor, err := meta.Accessor(out)
		if err != nil {
			return err
		}
		kept := map[string]string{}
		for name, value := range accessor.GetAnnotations() {
			if !strings.HasPrefix(name, "tekton.dev/v1beta1") {
				kept[name] = value
			}
		}
		if len(kept) == 0 {
			kept = nil
		}
		accessor.SetAnnotations(kept)
		return nil
	})
}
