/* stackshim: a shared object that answers packetdrill's --so_filename interface by forwarding every call over a UNIX socket to a
 * user-space stack that runs in virtual time (the frames are described in docs/test-port.md). This side owns the clock.
 *   cc -O2 -shared -fPIC -o stackshim.so stackshim.c -lpthread
 *   STACKSHIM_SOCKET=/run/port.sock LD_PRELOAD=./stackshim.so packetdrill --so_filename=./stackshim.so ... script.pkt
 * (preloading is only needed for scripts that assert TCP_INFO values). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <endian.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <netinet/in.h>

enum { OP_HELLO=1, OP_SOCKET, OP_BIND, OP_LISTEN, OP_ACCEPT, OP_CONNECT, OP_READ, OP_WRITE, OP_CLOSE,
       OP_SHUTDOWN, OP_GETOPT, OP_SETOPT, OP_POLL, OP_FCNTL, OP_IOCTL, OP_NETSEND, OP_NETRECV, OP_ADVANCE, OP_ATTACH, OP_CONTROL, OP_SENDTO,
       OP_EPOLL_CREATE, OP_EPOLL_CTL, OP_EPOLL_WAIT, OP_RECVMSG };

static const char *sockpath(void){ const char *p=getenv("STACKSHIM_SOCKET"); if(!p){ fprintf(stderr,"stackshim: set STACKSHIM_SOCKET to the test port's UNIX socket\n"); _exit(2);} return p; }
static char sockflags[400];
static int64_t vnow = 1700000000000000LL;   /* virtual clock; this process is the time master */
static int64_t session;
static __thread int tfd = -1;
static __thread int64_t t_override = -1;

struct buf { size_t n; uint8_t d[1000000]; };
static __thread struct buf q, r;            /* request, reply (whole frame bodies) */
static __thread size_t rp;                  /* read position in reply */
static __thread int32_t r_err; static __thread int64_t r_ret, r_now;

static void p8(uint8_t v){ q.d[q.n++]=v; }
static void p16(uint16_t v){ v=htobe16(v); memcpy(q.d+q.n,&v,2); q.n+=2; }
static void p32(uint32_t v){ v=htobe32(v); memcpy(q.d+q.n,&v,4); q.n+=4; }
static void p64(uint64_t v){ v=htobe64(v); memcpy(q.d+q.n,&v,8); q.n+=8; }
static void pb(const void *b, size_t n){ if(q.n+n>sizeof q.d) n=sizeof q.d-q.n; if(n) memcpy(q.d+q.n,b,n); q.n+=n; }
static uint32_t g32(void){ uint32_t v; memcpy(&v,r.d+rp,4); rp+=4; return be32toh(v); }
static uint64_t g64(void){ uint64_t v; memcpy(&v,r.d+rp,8); rp+=8; return be64toh(v); }

static int is_main(void){ return syscall(SYS_gettid)==getpid(); }
static void rd(void *b, size_t n, int spin){ uint8_t *p=b; while(n){ ssize_t k=recv(tfd,p,n,spin?MSG_DONTWAIT:0);
  if(k<0&&(errno==EAGAIN||errno==EINTR)) continue; if(k<=0){ fprintf(stderr,"stackshim: the stack is gone\n"); _exit(3);} p+=k;n-=k; } }
static void frame(int spin){ uint32_t l; rd(&l,4,spin); l=be32toh(l); rd(r.d,l,0); r.n=l; rp=0; }
static void begin(int op);
static int64_t call(void){
  uint32_t l=htobe32(q.n-4); memcpy(q.d,&l,4);
  size_t o=0; while(o<q.n){ ssize_t k=send(tfd,q.d+o,q.n-o,MSG_NOSIGNAL); if(k<=0){fprintf(stderr,"stackshim: the stack is gone\n");_exit(3);} o+=k; }
  int m=is_main();
  frame(!m);                       /* a non-main thread spins (never "sleeps") until the stack has seen the call */
  if(r.d[rp++]==1){ frame(0); rp++; }   /* parked: only now may the thread sleep */
  r_err=g32(); r_ret=g64(); r_now=g64();
  if(m){ if(r_now>vnow) vnow=r_now; } else t_override=r_now;
  if(r_ret<0) errno=r_err;
  return r_ret;
}
static void conn(void){
  struct sockaddr_un a={.sun_family=AF_UNIX}; snprintf(a.sun_path,sizeof a.sun_path,"%s",sockpath());
  tfd=socket(AF_UNIX,SOCK_STREAM,0);
  if(connect(tfd,(void*)&a,sizeof a)){ perror("stackshim: connect"); _exit(3); }
  q.n=0; p32(0); p8(session?OP_ATTACH:OP_HELLO); p8(0); p64(vnow); p64(session); pb(sockflags,strlen(sockflags));
  int64_t s=call(); if(!session) session=s;
}
static void begin(int op){ if(tfd<0) conn(); q.n=0; p32(0); p8(op); p8(!is_main()); p64(vnow); }

static void psa(const struct sockaddr *sa){
  if(sa->sa_family==AF_UNSPEC){ p8(0); p16(0); } else if(sa->sa_family==AF_INET){ const struct sockaddr_in *s=(void*)sa; p8(4); p16(ntohs(s->sin_port)); pb(&s->sin_addr,4); }
  else { const struct sockaddr_in6 *s=(void*)sa; p8(6); p16(ntohs(s->sin6_port)); pb(&s->sin6_addr,16); } }
static void gsa(struct sockaddr *sa, socklen_t *sl){
  int f=r.d[rp++]; uint16_t port; memcpy(&port,r.d+rp,2); rp+=2;
  if(f==4){ struct sockaddr_in s={.sin_family=AF_INET,.sin_port=port}; memcpy(&s.sin_addr,r.d+rp,4); memcpy(sa,&s,sizeof s); *sl=sizeof s; }
  else { struct sockaddr_in6 s={.sin6_family=AF_INET6,.sin6_port=port}; memcpy(&s.sin6_addr,r.d+rp,16); memcpy(sa,&s,sizeof s); *sl=sizeof s; } }
static char ours[1024];
static int newfd(void){ int f=open("/dev/null",O_RDWR|O_CLOEXEC); if(f>=0&&f<1024) ours[f]=1; return f; }  /* a real descriptor: the caller close()s it for real at the end */

#include <sys/uio.h>
static int badptr(const void*p,size_t n){ char c; if(!n) return 0; struct iovec l={&c,1},r={(void*)p,1}; if(process_vm_readv(getpid(),&l,1,&r,1,0)==1){ r.iov_base=(char*)p+n-1; if(process_vm_readv(getpid(),&l,1,&r,1,0)==1) return 0; } errno=EFAULT; return 1; }
static void f_free(void*u){}
static int f_socket(void*u,int d,int t,int p){ int fd=newfd(); begin(OP_SOCKET); p32(fd);p32(d);p32(t);p32(p); if(call()<0){int e=errno;close(fd);errno=e;return -1;} return fd; }
static int f_bind(void*u,int fd,const struct sockaddr*a,socklen_t l){ begin(OP_BIND);p32(fd);psa(a);return call(); }
static int f_listen(void*u,int fd,int b){ begin(OP_LISTEN);p32(fd);p32(b);return call(); }
static int f_accept(void*u,int fd,struct sockaddr*a,socklen_t*l){ int n=newfd(); begin(OP_ACCEPT);p32(fd);p32(n); if(call()<0){int e=errno;close(n);errno=e;return -1;} if(a) gsa(a,l); return n; }
static int f_connect(void*u,int fd,const struct sockaddr*a,socklen_t l){ begin(OP_CONNECT);p32(fd);psa(a);return call(); }
static ssize_t f_recv(void*u,int fd,void*b,size_t n,int fl){ if(badptr(b,n)) return -1; begin(OP_READ);p32(fd);p32(n);p32(fl); ssize_t k=call(); if(k>0&&b) memcpy(b,r.d+rp,k); return k; }
static ssize_t f_read(void*u,int fd,void*b,size_t n){ return f_recv(u,fd,b,n,0); }
static ssize_t f_readv(void*u,int fd,const struct iovec*v,int c){ size_t n=0;for(int i=0;i<c;i++)n+=v[i].iov_len; char*t=malloc(n+1); ssize_t k=f_recv(u,fd,t,n,0); size_t o=0; for(int i=0;k>0&&i<c&&o<(size_t)k;i++){size_t m=v[i].iov_len<k-o?v[i].iov_len:k-o;memcpy(v[i].iov_base,t+o,m);o+=m;} free(t); return k; }
static ssize_t f_recvfrom(void*u,int fd,void*b,size_t n,int fl,struct sockaddr*a,socklen_t*l){ if(l)*l=0; return f_recv(u,fd,b,n,fl); }
static ssize_t f_recvmsg(void*u,int fd,struct msghdr*m,int fl){ size_t n=0; for(size_t i=0;i<m->msg_iovlen;i++) n+=m->msg_iov[i].iov_len;
  begin(OP_RECVMSG);p32(fd);p32(n);p32(fl); ssize_t k=call(); size_t o=0;
  for(size_t i=0;k>0&&i<m->msg_iovlen&&o<(size_t)k;i++){ size_t c=m->msg_iov[i].iov_len<k-o?m->msg_iov[i].iov_len:k-o; memcpy(m->msg_iov[i].iov_base,r.d+rp,c); rp+=c; o+=c; }
  size_t room=m->msg_control?m->msg_controllen:0; m->msg_flags=0; m->msg_controllen=0; m->msg_namelen=0;
  for(char*p=m->msg_control;k>0&&rp+12<=r.n&&room>=CMSG_SPACE(sizeof(int));p+=CMSG_SPACE(sizeof(int)),room-=CMSG_SPACE(sizeof(int))){
    struct cmsghdr*c=(struct cmsghdr*)p; int v; c->cmsg_len=CMSG_LEN(sizeof(int)); c->cmsg_level=g32(); c->cmsg_type=g32(); v=g32(); memcpy(CMSG_DATA(c),&v,sizeof v); m->msg_controllen+=CMSG_SPACE(sizeof(int)); }
  return k; }
static ssize_t f_send(void*u,int fd,const void*b,size_t n,int fl){ if(badptr(b,n)) return -1; begin(OP_WRITE);p32(fd);p32(fl);pb(b,n);return call(); }
static ssize_t f_write(void*u,int fd,const void*b,size_t n){ return f_send(u,fd,b,n,0); }
static ssize_t f_writev(void*u,int fd,const struct iovec*v,int c){ begin(OP_WRITE);p32(fd);p32(0);for(int i=0;i<c;i++)pb(v[i].iov_base,v[i].iov_len);return call(); }
static ssize_t f_sendto(void*u,int fd,const void*b,size_t n,int fl,const struct sockaddr*a,socklen_t l){ if(badptr(b,n)) return -1; if(a&&l){ begin(OP_SENDTO);p32(fd);p32(fl);psa(a);pb(b,n);return call(); } return f_send(u,fd,b,n,fl); }
static ssize_t f_sendmsg(void*u,int fd,const struct msghdr*m,int fl){ if(m->msg_name&&m->msg_namelen){ begin(OP_SENDTO);p32(fd);p32(fl);psa(m->msg_name); } else { begin(OP_WRITE);p32(fd);p32(fl); } for(size_t i=0;i<m->msg_iovlen;i++)pb(m->msg_iov[i].iov_base,m->msg_iov[i].iov_len);return call(); }
static int f_fcntl(void*u,int fd,int c,...){ va_list a; va_start(a,c); long x=va_arg(a,long); va_end(a); begin(OP_FCNTL);p32(fd);p32(c);p32(c==F_SETFL?(uint32_t)x:0);return call(); }
static int f_ioctl(void*u,int fd,unsigned long rq,...){ va_list a; va_start(a,rq); int*x=va_arg(a,int*); va_end(a); begin(OP_IOCTL);p32(fd);p32(rq); int k=call(); if(k>=0&&r.n>=rp+4&&x) *x=g32(); return k; }
static int f_close(void*u,int fd){ begin(OP_CLOSE);p32(fd); int k=call(); ours[fd]=0; syscall(SYS_close,fd); return k; }
static int f_shutdown(void*u,int fd,int h){ begin(OP_SHUTDOWN);p32(fd);p32(h);return call(); }
static int f_getsockopt(void*u,int fd,int lv,int nm,void*v,socklen_t*l){ begin(OP_GETOPT);p32(fd);p32(lv);p32(nm);p32(*l); int k=call(); if(k>=0){ size_t m=r.n-rp; if(m>*l)m=*l; memcpy(v,r.d+rp,m); *l=m; k=0;} return k; }
static int f_setsockopt(void*u,int fd,int lv,int nm,const void*v,socklen_t l){ begin(OP_SETOPT);p32(fd);p32(lv);p32(nm);pb(v,l);return call(); }
static int f_poll(void*u,struct pollfd*f,nfds_t n,int to){ begin(OP_POLL);p32(to);p32(n);for(nfds_t i=0;i<n;i++){p32(f[i].fd);p16(f[i].events);} int k=call(); if(k>=0) for(nfds_t i=0;i<n;i++){ uint16_t e; memcpy(&e,r.d+rp,2); rp+=2; f[i].revents=be16toh(e);} return k; }
static int f_epoll_create(void*u,int size){ if(size<=0){errno=EINVAL;return -1;} int fd=newfd(); begin(OP_EPOLL_CREATE);p32(fd); if(call()<0){int e=errno;close(fd);errno=e;return -1;} return fd; }
static int f_epoll_ctl(void*u,int ep,int op,int fd,struct epoll_event*e){ begin(OP_EPOLL_CTL);p32(ep);p32(op);p32(fd);p32(e?e->events:0);p64(e?e->data.u64:0); return call(); }
static int f_epoll_wait(void*u,int ep,struct epoll_event*e,int n,int to){ begin(OP_EPOLL_WAIT);p32(ep);p32(n);p32(to); int k=call(); for(int i=0;i<k;i++){ e[i].events=g32(); e[i].data.u64=g64(); } return k; }
static int f_nsend(void*u,const void*b,size_t n){ begin(OP_NETSEND);pb(b,n);return call(); }
static int f_nrecv(void*u,void*b,size_t*n,long long*t){ begin(OP_NETRECV); int64_t k=call(); if(k<0){ fprintf(stderr,"stackshim: expected an outbound packet but the stack is idle: none will ever come\n"); _exit(1);} *t=g64(); if((size_t)k>*n)k=*n; memcpy(b,r.d+rp,k); *n=k; return 0; }
static int f_usleep(void*u,useconds_t us){ vnow+=us+20; begin(OP_ADVANCE); call(); return 0; }
static int f_gtod(void*u,struct timeval*tv,struct timezone*tz){ int64_t t; if(t_override>=0){t=t_override;t_override=-1;} else t=vnow++; tv->tv_sec=t/1000000; tv->tv_usec=t%1000000; return 0; }

static int f_none(void){ errno=ENOSYS; return -1; }
static int f_pipe(void*u,int fd[2]){ (void)u; return pipe(fd); }

/* The caller's table: user data, then 32 function pointers in this order. */
struct stack_calls { void *userdata; void *call[32]; };
enum { C_FREE, C_SOCKET, C_BIND, C_LISTEN, C_ACCEPT, C_CONNECT, C_READ, C_READV, C_RECV, C_RECVFROM, C_RECVMSG, C_WRITE, C_WRITEV, C_SEND, C_SENDTO,
       C_SENDMSG, C_FCNTL, C_IOCTL, C_CLOSE, C_SHUTDOWN, C_GETSOCKOPT, C_SETSOCKOPT, C_POLL, C_NETDEV_SEND, C_NETDEV_RECEIVE, C_USLEEP, C_GETTIMEOFDAY,
       C_EPOLL_CREATE, C_EPOLL_CTL, C_EPOLL_WAIT, C_PIPE, C_SPLICE };

void packetdrill_interface_init(const char*flags, struct stack_calls*t){
  if(flags&&*flags) snprintf(sockflags,sizeof sockflags,"%s",flags);
  void *calls[32] = { f_free, f_socket, f_bind, f_listen, f_accept, f_connect, f_read, f_readv, f_recv, f_recvfrom, f_recvmsg, f_write, f_writev, f_send, f_sendto,
    f_sendmsg, f_fcntl, f_ioctl, f_close, f_shutdown, f_getsockopt, f_setsockopt, f_poll, f_nsend, f_nrecv, f_usleep, f_gtod,
    f_epoll_create, f_epoll_ctl, f_epoll_wait, f_pipe, f_none };
  t->userdata=0; memcpy(t->call,calls,sizeof calls);
  if(tfd<0) conn();
}
/* %{ assert tcpi_... }% and teardown call libc's getsockopt()/close() directly, not the interface: when this file is
 * also LD_PRELOADed these interposers catch them. */
int getsockopt(int fd,int lv,int nm,void*v,socklen_t*l){ if(fd>=0&&fd<1024&&ours[fd]) return f_getsockopt(0,fd,lv,nm,v,l); return syscall(SYS_getsockopt,fd,lv,nm,v,l); }
/* The main thread gives a call of the other thread some time to return before it ends. Nothing but that thread is left to act then: if it has not
 * returned by itself, virtual time passes. */
int pthread_cond_timedwait(pthread_cond_t*c,pthread_mutex_t*m,const struct timespec*end){
  static int (*libc_wait)(pthread_cond_t*,pthread_mutex_t*,const struct timespec*);
  if(!libc_wait) libc_wait=dlsym(RTLD_NEXT,"pthread_cond_timedwait");
  if(!is_main()||!session) return libc_wait(c,m,end);
  for(int step=0;step<20;step++){
    struct timespec t; clock_gettime(CLOCK_REALTIME,&t); t.tv_nsec+=step?10000000:100000000; if(t.tv_nsec>=1000000000){ t.tv_sec++; t.tv_nsec-=1000000000; }
    int k=libc_wait(c,m,&t); if(k!=ETIMEDOUT) return k;
    vnow+=50000; begin(OP_ADVANCE); call();
  }
  return ETIMEDOUT;
}
int close(int fd){ if(fd>=0&&fd<1024&&ours[fd]){ ours[fd]=0; begin(OP_CLOSE);p32(fd);call(); } return syscall(SYS_close,fd); }
