// One program that holds every Kubernetes component and kubectl, chosen by its first argument:
// they share most of their code, so one program builds and loads faster than six.
package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	components := map[string]func() *cobra.Command{
		"apiserver":          apiserver.NewAPIServerCommand,
		"controller-manager": controllers.NewControllerManagerCommand,
		"scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"proxy":              proxy.NewProxyCommand,
		"kubelet":            func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
		"kubectl":            kubectl.NewDefaultKubectlCommand,
	}
	// `kube kubectl …` and a link named kubectl that points here are the same. The arguments are cut before
	// the command is made: kubectl looks at them while it builds itself.
	name := filepath.Base(os.Args[0])
	if components[name] == nil && len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = os.Args[1:]
	}
	if components[name] == nil {
		println("usage: kube apiserver|controller-manager|scheduler|proxy|kubelet|kubectl FLAGS")
		os.Exit(2)
	}
	command := components[name]()
	if name == "kubectl" {
		util.CheckErr(cli.RunNoErrOutput(command)) // kubectl words its errors itself
		return
	}
	os.Exit(cli.Run(command))
}
