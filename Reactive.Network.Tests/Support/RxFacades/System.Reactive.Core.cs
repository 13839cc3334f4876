using System.Reactive;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;

[assembly: TypeForwardedTo(typeof(CompositeDisposable))]
[assembly: TypeForwardedTo(typeof(Disposable))]
[assembly: TypeForwardedTo(typeof(Notification))]
[assembly: TypeForwardedTo(typeof(Notification<>))]
[assembly: TypeForwardedTo(typeof(NotificationKind))]
